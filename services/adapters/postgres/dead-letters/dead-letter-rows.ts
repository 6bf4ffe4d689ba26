import { toMicros } from '../../../telemetry/time.ts'
import type {
  DeadLetter,
  DeadLetterState,
  DeadLetterSummary,
  RedrivenAs,
} from '../../../ledger/dead-letter.ts'

/** Converts rows of the table `dead_letter` to dead letters. */

export type SummaryRow = {
  readonly id: number
  readonly log_id: number
  readonly partition: number
  readonly record_offset: number
  readonly is_line: boolean
  readonly code: string
  readonly detail: string
  readonly died_at: Date
  readonly state: DeadLetterState
}

export type LetterRow = SummaryRow & {
  readonly record_key: Buffer | null
  readonly record_value: Buffer | null
  readonly record_headers: readonly (readonly [name: string, base64: string])[]
  readonly appended_at: Date | null
  readonly redriven_at: Date | null
  readonly redriven_as: RedrivenAs | null
  readonly discarded_at: Date | null
  readonly discard_reason: string | null
}

export function toSummary(row: SummaryRow): DeadLetterSummary {
  const { id, code, detail, state, is_line: isLine } = row
  const position = { logId: row.log_id, partition: row.partition, offset: row.record_offset }
  return { id, position, isLine, code, detail, diedAt: toMicroseconds(row.died_at), state }
}

/** Old rows have no `appended_at`; they get the time at which they became a dead letter. */
export function toDeadLetter(row: LetterRow): DeadLetter {
  const { redriven_at, redriven_as, discarded_at } = row
  return {
    ...toSummary(row),
    original: {
      key: row.record_key,
      value: row.record_value,
      headers: row.record_headers.map(([name, base64]) => [name, Buffer.from(base64, 'base64')]),
      appendedAt: toMicroseconds(row.appended_at ?? row.died_at),
    },
    redriven:
      redriven_at === null || redriven_as === null
        ? undefined
        : { at: toMicroseconds(redriven_at), as: redriven_as },
    discarded:
      discarded_at === null
        ? undefined
        : { at: toMicroseconds(discarded_at), reason: row.discard_reason },
  }
}

function toMicroseconds(time: Date): number {
  return toMicros(time.getTime())
}
