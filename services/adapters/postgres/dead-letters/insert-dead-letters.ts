import type { Micros } from '../../../telemetry/time.ts'
import type pg from 'pg'
import type { OffsetSpan, SpanOutcome } from '../../../ledger/ledger.ts'
import type { DecodedBatch, OriginalRecord } from '../../../ledger/batch.ts'
import { isStorableTime, toIsoMicroseconds } from '../../../telemetry/time.ts'
import { requireRows } from '../driver/require-rows.ts'
import { sqlStatement } from '../sql-file.ts'

/** A record that did not become a row, with the reason. */
export type NewDeadLetter = {
  readonly offset: number
  readonly code: string
  readonly detail: string
  readonly original: OriginalRecord
}

/** A partition and the pipeline that reads it. */
type PartitionOfPipeline = Pick<DecodedBatch<unknown>, 'logId' | 'partition'> & {
  readonly pipeline: string
}

export async function insertDeadLetters(
  client: pg.PoolClient,
  {
    pipeline,
    logId,
    partition,
    letters,
  }: PartitionOfPipeline & { readonly letters: readonly NewDeadLetter[] },
): Promise<void> {
  if (letters.length === 0) return
  const inserted = await client.query(sqlStatement('insert-dead-letters'), [
    pipeline,
    logId,
    partition,
    letters.map((letter) => letter.offset),
    letters.map((letter) => letter.code),
    letters.map((letter) => toStorableText(letter.detail)),
    letters.map((letter) => toBytea(letter.original.key)),
    letters.map((letter) => toBytea(letter.original.value)),
    letters.map((letter) => toHeaderJson(letter.original)),
    letters.map((letter) => toTime(letter.original.appendedAt)),
  ])
  requireRows(inserted, letters.length, 'dead_letter')
}

/**
 * Records the offsets that added no row and are no dead letter, so that their receipts have a
 * status.
 */
export async function insertSpans(
  client: pg.PoolClient,
  outcome: PartitionOfPipeline & {
    readonly spans: readonly OffsetSpan[]
    readonly outcome: SpanOutcome
  },
): Promise<void> {
  const { spans } = outcome
  if (spans.length === 0) return
  const inserted = await client.query(sqlStatement('insert-spans'), [
    outcome.pipeline,
    outcome.logId,
    outcome.partition,
    spans.map((span) => span.first),
    spans.map((span) => span.last),
    outcome.outcome,
  ])
  requireRows(inserted, spans.length, 'offset_span')
}

/** Postgres cannot store NUL or a lone surrogate in a text. */
export function toStorableText(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\\0')
}

/** Null if the time is missing or its year has no four digits: other producers may set any time. */
function toTime(microseconds: Micros): string | null {
  return microseconds >= 0 && isStorableTime(microseconds) ? toIsoMicroseconds(microseconds) : null
}

/** The hexadecimal format of bytea: node-postgres cannot encode an array of buffers. */
function toBytea(bytes: Uint8Array | null): string | null {
  return bytes === null ? null : `\\x${Buffer.from(bytes).toString('hex')}`
}

function toHeaderJson(original: OriginalRecord): string {
  const headers = original.headers.map(([name, value]) => [
    name,
    Buffer.from(value).toString('base64'),
  ])
  return JSON.stringify(headers)
}
