import { Cron } from 'croner'
import type { Schedule } from '../declaration/task-declaration.ts'

/** The times at which a schedule runs, in milliseconds since the Unix epoch. */
export interface RunTimes {
  /** The first run after a time. Infinity: there is none. */
  after(ms: number): number
  /** The last run at a time or before it. -Infinity: there is none. */
  atOrBefore(ms: number): number
}

export function runTimesOf(rule: Schedule['rule']): RunTimes {
  return rule.kind === 'every' ? timesOfEvery(rule.ms) : timesOfCron(rule)
}

/** Multiples of the period since the epoch, in UTC. */
function timesOfEvery(period: number): RunTimes {
  const atOrBefore = (ms: number): number => Math.floor(ms / period) * period
  return { atOrBefore, after: (ms) => atOrBefore(ms) + period }
}

const firstStepMs = 60_000
/** Longer than between two leap days, also around the year 2100. */
const longestStepMs = 9 * 366 * 86_400_000

function timesOfCron({ cron, timeZone }: { cron: string; timeZone: string }): RunTimes {
  const times = new Cron(cron, { mode: '5-part', timezone: timeZone })
  const after = (ms: number): number => times.nextRun(new Date(ms))?.getTime() ?? Infinity
  /** Looks back further until there is a run, and goes on from there: only one direction decides. */
  const atOrBefore = (ms: number): number => {
    for (let step = firstStepMs; ; step *= 2) {
      let found = after(ms - step)
      if (found > ms && step > longestStepMs) return -Infinity
      if (found > ms) continue
      for (let next = after(found); next <= ms; next = after(found)) found = next
      return found
    }
  }
  return { after, atOrBefore }
}
