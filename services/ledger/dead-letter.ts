import type { OriginalRecord } from './batch.ts'
import type { RecordPosition } from './receipt.ts'

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

/** What a redriven dead letter became: a row, a changed row, or nothing because of the row that was there. */
export type RedrivenAs = 'stored' | 'updated' | 'superseded' | 'duplicate'

export type DeadLetter = DeadLetterSummary & {
  readonly original: OriginalRecord
  readonly redriven: { readonly at: number; readonly as: RedrivenAs } | undefined
  readonly discarded: { readonly at: number; readonly reason: string | null } | undefined
}
