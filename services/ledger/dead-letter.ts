import type { Micros } from './time-units.ts'
import type { OriginalRecord } from './batch.ts'
import type { RecordPosition } from './receipt.ts'

export const deadLetterStates = ['open', 'redriven', 'discarded'] as const
export type DeadLetterState = (typeof deadLetterStates)[number]

/** The reason of a record whose row the database did not store. */
export function refusedByDatabase(detail: string) {
  return { code: 'refused-by-database', detail }
}

/** The reason of a record that Kafka refuses in another topic, e.g. because it is too large for it. */
export function refusedByKafka(detail: string) {
  return { code: 'refused-by-kafka', detail }
}

/** The code of a record at which the decoder threw an error. */
export const decoderFailedCode = 'decoder-failed'

/** What every list of dead letters shows. Times are in microseconds since the Unix epoch. */
export type DeadLetterSummary = {
  readonly id: number
  /** Position of its record in the log; the same as its receipt, unless it is a line. */
  readonly position: RecordPosition
  /** Whether it is a line of a file. Its position has the id of the task, 0 and the number of the line. */
  readonly isLine: boolean
  /** One of `deadLetterCodes`, or a code that another version of the platform used. */
  readonly code: string
  readonly detail: string
  readonly diedAt: Micros
  readonly state: DeadLetterState
}

/** What a redriven dead letter became: a new row, a changed row, or nothing because of an existing row. */
export type RedrivenAs = 'stored' | 'updated' | 'superseded' | 'duplicate'

export type DeadLetter = DeadLetterSummary & {
  readonly original: OriginalRecord
  readonly redriven: { readonly at: number; readonly as: RedrivenAs } | undefined
  readonly discarded: { readonly at: number; readonly reason: string | null } | undefined
}
