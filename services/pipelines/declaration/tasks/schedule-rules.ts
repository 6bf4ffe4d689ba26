import { Cron } from 'croner'
import type { RuleFault } from '../shared-rules.ts'
import type { ScheduleFile, TaskFile } from './task-schema.ts'

/** The faults of `from.schedule` and `reads`. */
export function faultsOfSchedule({ from: { schedule }, reads, to }: TaskFile): RuleFault[] {
  if (schedule !== undefined)
    return [
      ...faultsOfRule(schedule),
      ...faultsOfWindow(schedule),
      ...faultsOfReads(schedule, reads),
      ...faultsOfOwnTable(reads, to),
    ]
  if (reads === undefined) return []
  const message =
    'reads: only for a pipeline with from.schedule, whose windows are computed again when late rows come. Declare from.schedule, or remove this line.'
  return [{ path: ['reads'], message }]
}

const at = (key: string, message: string): RuleFault => ({
  path: ['from', 'schedule', key],
  message: `from.schedule.${key}: ${message}`,
})

function faultsOfRule({ every, cron, time_zone: timeZone }: ScheduleFile): RuleFault[] {
  if (every === undefined && cron === undefined) {
    const message = 'from.schedule: declare "every" or "cron".'
    return [{ path: ['from', 'schedule'], message }]
  }
  if (every !== undefined && cron !== undefined)
    return [at('cron', 'there is "every" already; remove one of them.')]
  if (cron === undefined) {
    if (timeZone === undefined) return []
    return [at('time_zone', '"every" counts in UTC; remove this key, or use "cron".')]
  }
  if (timeZone !== undefined && !isTimeZone(timeZone))
    return [
      at(
        'time_zone',
        `there is no time zone "${timeZone}"; expected a name of the IANA database, e.g. "Europe/Berlin" or "UTC".`,
      ),
    ]
  const fault = faultOfCron(cron)
  return fault === undefined ? [] : [at('cron', fault)]
}

/** `Intl` also knows offsets like "+01:00", which are not names. */
function isTimeZone(name: string): boolean {
  if (!/^[A-Za-z]/.test(name)) return false
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    return true
  } catch {
    return false
  }
}

/** A day before years of all kinds. */
const anyTime = new Date('2026-01-01T00:00:00Z')

/** Why a text is not a cron rule; undefined if it is one. */
export function faultOfCron(text: string): string | undefined {
  const expected =
    'expected five fields: minute, hour, day of the month, month, day of the week, e.g. "0 * * * *"'
  if (text.trim().split(/\s+/).length !== 5) return `${expected}; it is ${JSON.stringify(text)}.`
  try {
    const cron = new Cron(text, { mode: '5-part', timezone: 'UTC' })
    return cron.nextRun(anyTime) === null ? `"${text}" never comes; ${expected}.` : undefined
  } catch (error) {
    const reason = (error as Error).message.replace(/^CronPattern: /, '')
    return `${reason}; ${expected}.`
  }
}

function faultsOfWindow(schedule: ScheduleFile): RuleFault[] {
  const { window, allowed_lateness: lateness, catch_up: catchUp } = schedule
  if (window === undefined) return []
  const { from, to } = window
  if (from === undefined || to === undefined)
    return [
      at(
        'window',
        `expected "previous", or both "from" and "to"; "${from === undefined ? 'from' : 'to'}" is missing.`,
      ),
    ]
  const onlyPrevious = 'only for window = "previous"; remove this key.'
  return [
    ...(from < to ? [] : [at('window', '"from" must be before "to".')]),
    ...(lateness === undefined ? [] : [at('allowed_lateness', onlyPrevious)]),
    ...(catchUp === undefined ? [] : [at('catch_up', onlyPrevious)]),
  ]
}

function faultsOfReads({ window }: ScheduleFile, reads: TaskFile['reads']): RuleFault[] {
  if (window === undefined || reads === undefined) return []
  const message =
    'reads: only for window = "previous". Each run computes a fixed window again, also without late rows. Remove this line.'
  return [{ path: ['reads'], message }]
}

/** Rows that a run writes would be late rows, and would start another run. */
function faultsOfOwnTable(reads: TaskFile['reads'], to: TaskFile['to']): RuleFault[] {
  if (reads === undefined || reads.table !== to?.table?.name) return []
  const message = `reads.table: the pipeline writes the table "${reads.table}" itself, so each run would start another run. Name a table that the pipeline only reads.`
  return [{ path: ['reads', 'table'], message }]
}
