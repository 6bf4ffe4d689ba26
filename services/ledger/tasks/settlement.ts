import type { RetryRule, TaskTarget } from './target.ts'
import { retryDelayMs } from './target.ts'
import type { AttemptOutcome, ClaimedTask, TaskFault, TaskState } from './task.ts'
import { isFinal } from './task.ts'

/** What the declaration of a pipeline says about the ends of its tasks. */
export type TaskRules = {
  readonly to: TaskTarget
  readonly retry: RetryRule
  /** The topic for errors; undefined: none are sent. */
  readonly errors: string | undefined
  /** The topic whose messages become tasks; undefined if they come from elsewhere. */
  readonly topic: string | undefined
}

/** An attempt that has ended, to be stored with its effects. */
export type Settlement = {
  readonly task: ClaimedTask
  readonly outcome: AttemptOutcome
  readonly rules: TaskRules
  /** The last log lines of the task. */
  readonly logLines?: readonly string[]
}

/** What became of a task. */
export type SettledTask = {
  readonly id: number
  /** `stale`: another worker has taken the task, so that nothing was stored. */
  readonly state: TaskState | 'stale'
  /** Why the attempt failed. It may be a fault that the database found. */
  readonly fault: TaskFault | undefined
}

/** An attempt that was settled with its effects by the transaction that computed them. */
export type SettledAttempt = { readonly kind: 'settled'; readonly settled: SettledTask }

/** How the row of a task changes when its attempt ends. */
export type AttemptEnd = {
  /** A task that is queued again is canceled instead if a user has asked for it. */
  readonly state: Exclude<TaskState, 'running'>
  readonly fault: TaskFault | undefined
  /** Milliseconds until a queued task runs again. */
  readonly delayMs: number
  /** Whether the attempt counts against the limit. */
  readonly isCounted: boolean
}

/** @param counted how many attempts count against the limit, with this one */
export function toAttemptEnd(
  outcome: AttemptOutcome,
  retry: RetryRule,
  counted: number,
): AttemptEnd {
  const end = { fault: undefined, delayMs: 0, isCounted: true }
  switch (outcome.kind) {
    case 'complete':
    case 'canceled':
      return { ...end, state: outcome.kind }
    case 'given-back':
      return { ...end, state: 'queued', isCounted: false }
    case 'failed': {
      const { fault } = outcome
      const isLast = isFinal(fault) || counted >= retry.attempts
      if (isLast) return { ...end, state: 'failed', fault }
      return { ...end, state: 'queued', fault, delayMs: retryDelayMs(retry, Math.max(1, counted)) }
    }
    default:
      return outcome satisfies never
  }
}

export const maxLogLines = 200
const maxLogLength = 64 * 1024

/** The last log lines of a task as one text, within the limits of the table. */
export function toLogText(lines: readonly string[]): string {
  const kept: string[] = []
  let length = 0
  for (const line of lines.slice(-maxLogLines).reverse()) {
    const text = line.replaceAll('\n', ' ').slice(0, maxLogLength)
    length += text.length + 1
    if (length > maxLogLength && kept.length > 0) break
    kept.push(text)
  }
  return kept.reverse().join('\n')
}
