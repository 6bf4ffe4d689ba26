import type { DueRuns, LateRule, Window, WindowPlan, WindowRun } from '../../ledger/tasks/window.ts'
import { unitOf } from '../../ledger/tasks/window.ts'
import type { Schedule } from '../declaration/task-declaration.ts'
import type { RunTimes } from './run-times.ts'
import { runTimesOf } from './run-times.ts'

/** Longer than any transaction that writes rows, but those with the setting `telemetry.long_transaction`. */
const longestTransactionMs = 2 * 60_000

type Options = {
  /** A row also changes windows that begin or end at most this long after or before its time. */
  readonly borderMs?: number
}

export function windowPlanOf(schedule: Schedule, { borderMs = 0 }: Options = {}): WindowPlan {
  const times = runTimesOf(schedule.rule)
  const { allowedLatenessMs, window } = schedule
  const beginOf = (ms: number): number => times.atOrBefore(ms)
  if (window.kind === 'fixed')
    return {
      due: (madeUntilMs, nowMs) => dueAtTimes(schedule, times, { madeUntilMs, nowMs }),
      ...{ beginOf, allowedLatenessMs },
      touchedBy: () => [],
      lateRule: () => undefined,
    }
  return {
    due: (madeUntilMs, nowMs) => dueWindows(schedule, times, { madeUntilMs, nowMs }),
    ...{ beginOf, allowedLatenessMs },
    touchedBy: ({ fromMs, toMs }, untilMs) =>
      windowsOver(times, { fromMs: fromMs - borderMs, toMs: toMs + borderMs }, untilMs),
    lateRule: (nowMs) => lateRuleOf(times, allowedLatenessMs, { nowMs, borderMs }),
  }
}

type Progress = { readonly madeUntilMs: number; readonly nowMs: number }

/** The windows whose end and allowed lateness have passed; at most `catchUp`, the latest ones. */
function dueWindows(schedule: Schedule, times: RunTimes, progress: Progress): DueRuns {
  const { allowedLatenessMs, catchUp } = schedule
  const lastEnd = times.atOrBefore(progress.nowMs - allowedLatenessMs)
  const firstBegin = times.atOrBefore(progress.madeUntilMs)
  const runs: WindowRun[] = []
  for (let end = lastEnd; end > progress.madeUntilMs && runs.length < catchUp;) {
    const begin = times.atOrBefore(end - 1)
    if (begin < firstBegin) break
    const window = { fromMs: begin, toMs: end }
    runs.unshift({ unit: unitOf(window), window })
    end = begin
  }
  const madeUntilMs = Math.max(progress.madeUntilMs, lastEnd)
  return { runs, madeUntilMs, nextDueMs: times.after(madeUntilMs) + allowedLatenessMs }
}

/** One run of the same window at each time. */
function dueAtTimes(schedule: Schedule, times: RunTimes, progress: Progress): DueRuns {
  const { window, catchUp } = schedule
  const last = times.atOrBefore(progress.nowMs)
  const runs: WindowRun[] = []
  if (window.kind === 'fixed') {
    for (let at = last; at > progress.madeUntilMs && runs.length < catchUp;) {
      const unit = `${unitOf(window)}@${new Date(at).toISOString()}`
      runs.unshift({ unit, window: { fromMs: window.fromMs, toMs: window.toMs } })
      at = times.atOrBefore(at - 1)
    }
  }
  const madeUntilMs = Math.max(progress.madeUntilMs, last)
  return { runs, madeUntilMs, nextDueMs: times.after(madeUntilMs) }
}

/** The windows that have an instant of the span, or begin at its end. */
function windowsOver(times: RunTimes, { fromMs, toMs }: Window, untilMs: number): Window[] {
  const windows: Window[] = []
  for (let begin = times.atOrBefore(fromMs); begin <= toMs;) {
    const end = times.after(begin)
    if (end > untilMs) break
    windows.push({ fromMs: begin, toMs: end })
    begin = end
  }
  return windows
}

/**
 * A row in a window that is not computed before the transaction of the row has ended is not late. So a row
 * counts as late from the end of its window plus the part of the lateness that no transaction needs.
 */
function lateRuleOf(
  times: RunTimes,
  allowedLatenessMs: number,
  { nowMs, borderMs }: { readonly nowMs: number; readonly borderMs: number },
): LateRule {
  const marginMs = Math.max(0, allowedLatenessMs - longestTransactionMs)
  const lastEnd = times.atOrBefore(nowMs - marginMs)
  const lateBeforeMs = lastEnd + borderMs
  return { lateBeforeMs, validUntilMs: times.after(lastEnd) + marginMs }
}
