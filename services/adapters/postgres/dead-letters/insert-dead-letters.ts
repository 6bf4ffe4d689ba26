import type pg from 'pg'
import type { OffsetSpan, SpanOutcome } from '../../../ledger/ledger.ts'
import type { DecodedBatch, OriginalRecord } from '../../../ledger/batch.ts'
import { toIsoMicroseconds } from '../../../telemetry/time.ts'
import { sqlStatement } from '../sql-file.ts'

/** A record that did not become a row, and why. */
export type NewDeadLetter = {
  readonly offset: number
  readonly code: string
  readonly detail: string
  readonly original: OriginalRecord
}

/** The partition that the records are of, and the pipeline that reads it. */
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
  await client.query(sqlStatement('insert-dead-letters'), [
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
}

/**
 * Records which offsets added no row and are no dead letter, so that their receipts can be
 * answered.
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
  await client.query(sqlStatement('insert-spans'), [
    outcome.pipeline,
    outcome.logId,
    outcome.partition,
    spans.map((span) => span.first),
    spans.map((span) => span.last),
    outcome.outcome,
  ])
}

/** Postgres stores neither NUL nor half of a surrogate pair in a text. */
export function toStorableText(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\\0')
}

/** The first microsecond of the year 10000. */
const startOfYear10000 = 253_402_300_800_000_000

/**
 * Null where there is none, or one beyond the years that have four digits: others append what they
 * like.
 */
function toTime(microseconds: number): string | null {
  const isInRange = microseconds >= 0 && microseconds < startOfYear10000
  return isInRange ? toIsoMicroseconds(microseconds) : null
}

/** The hexadecimal form of bytea: node-postgres has no form for an array of buffers. */
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
