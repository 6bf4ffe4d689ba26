import type { DecodedEntry, OriginalRecord } from './ports.ts'
import type { RecordPosition } from './receipt.ts'
import { oldestKeptDay } from './retention.ts'
import { toUtcDay } from './time.ts'

export const deadLetterStates = ['open', 'redriven', 'discarded'] as const
export type DeadLetterState = (typeof deadLetterStates)[number]

/** What stands in every list of dead letters. Times are in microseconds since the Unix epoch. */
export type DeadLetterSummary = {
  readonly id: number
  /** Where its record stood in the log: its receipt. */
  readonly position: RecordPosition
  /** One of `deadLetterCodes`, or one of another version of the code. */
  readonly code: string
  readonly detail: string
  readonly diedAt: number
  readonly state: DeadLetterState
}

/** What a redriven dead letter became: a row, or nothing because that row was there. */
export type RedrivenAs = 'stored' | 'duplicate'

export type DeadLetter = DeadLetterSummary & {
  readonly original: OriginalRecord
  readonly redriven: { readonly at: number; readonly as: RedrivenAs } | undefined
  readonly discarded: { readonly at: number; readonly reason: string | null } | undefined
}

/**
 * An entry as it is judged today: a reading is refused as `expired` when its day is one that
 * retention drops. Everything else of it was judged against its own `received-at`.
 *
 * @param now microseconds since the Unix epoch
 * @param retention microseconds for which readings are kept
 */
export function judgeAge(
  entry: DecodedEntry,
  { now, retention }: { readonly now: number; readonly retention: number },
): DecodedEntry {
  if (entry.kind === 'refused') return entry
  const { offset, original, reading } = entry
  const oldestDay = oldestKeptDay(now, retention)
  const day = toUtcDay(reading.recordedAt)
  if (day >= oldestDay) return entry
  const detail = `The rows of ${day} are past the retention; the oldest day that is kept is ${oldestDay}.`
  return { kind: 'refused', offset, original, code: 'expired', detail }
}
