import type pg from 'pg'
import type {
  DecodedBatch,
  RowEntry,
  MultiPartitionStore,
  WriteOutcome,
  WritePath,
} from '../../../ledger/batch.ts'
import { refusedByDatabase } from '../../../ledger/dead-letter.ts'
import type { LedgerEntry } from '../../../ledger/ledger.ts'
import { emptyEntry, toSpans } from '../../../ledger/ledger.ts'
import type { NewDeadLetter } from '../dead-letters/insert-dead-letters.ts'
import { insertDeadLetters, insertSpans } from '../dead-letters/insert-dead-letters.ts'
import { toPostgresFault } from '../driver/errors.ts'
import { inOrder, nothingMerged } from '../tables/keyed-table-sink.ts'
import type { LedgerLock, LedgerWork } from './ledger-lock.ts'
import { LedgerMovedError } from './ledger-lock.ts'
import { settleOrigins } from './origin-positions.ts'
import { TriggerGuard } from './trigger-guard.ts'
import type { MergeResult, TableSink } from '../tables/table-sink.ts'

export type LedgeredStoreOptions<Row> = {
  /** Name of the pipeline whose ledgers and dead letters are written. */
  readonly pipeline: string
  readonly sink: TableSink<Row>
  readonly lock: LedgerLock
  /** Whether the topic is a grouped one: then repeated records are duplicates. By default false. */
  readonly isGrouped?: boolean
}

/** `COPY` has written fewer rows than it was given. The transaction is rolled back. */
class RowsMissingError extends Error {}

/** A batch without its repeated records, and their offsets. */
type SettledBatch<Row> = DecodedBatch<Row> & { readonly repeated?: readonly number[] }

/** Stores batches of a pipeline in Postgres: rows, dead letters and ledger in one transaction. */
export class LedgeredStore<Row> implements MultiPartitionStore<Row> {
  readonly #options: LedgeredStoreOptions<Row>
  readonly #triggerGuard: TriggerGuard<Row>

  constructor(options: LedgeredStoreOptions<Row>) {
    this.#options = options
    this.#triggerGuard = new TriggerGuard(options.sink.schema)
  }

  async write(batch: DecodedBatch<Row>, path: WritePath): Promise<WriteOutcome> {
    const { lock, sink } = this.#options
    let merged = nothingMerged
    const onMerged = (result: MergeResult): void => {
      merged = result
    }
    const work = path === 'direct' ? this.#copyDirect([batch]) : this.#merge(batch, path, onMerged)
    try {
      await sink.prepare?.(rowsOf(batch))
      const [entry = emptyEntry] = await lock.advance(batch.logId, [batch], work)
      this.#triggerGuard.recordStored(batch.partition, batch.entries, merged.refused)
      return { kind: 'written', entry }
    } catch (error) {
      return stoppedOutcome(error) ?? this.#toOutcome(error, path)
    }
  }

  async writeTogether(
    batches: readonly DecodedBatch<Row>[],
  ): Promise<readonly LedgerEntry[] | undefined> {
    const { lock, sink } = this.#options
    const [first] = batches
    if (first === undefined || !haveDistinctPartitions(batches)) return undefined
    try {
      await sink.prepare?.(batches.flatMap(rowsOf))
      const written = await lock.advance(first.logId, batches, this.#copyDirect(batches))
      for (const { partition, entries } of batches)
        this.#triggerGuard.recordStored(partition, entries, [])
      return written
    } catch (error) {
      const isAboutOneBatch =
        stoppedOutcome(error) !== undefined || toPostgresFault(error) !== 'outage'
      if (isAboutOneBatch) return undefined
      throw error
    }
  }

  #toOutcome(error: unknown, path: WritePath): WriteOutcome {
    const fault = toPostgresFault(error)
    switch (fault) {
      case 'key-taken':
        // The other paths have checked the key, so this is another unique index that a user has
        // added.
        return path === 'direct' ? { kind: 'key-taken' } : toValueRefused(error)
      case 'index-unfinished':
        if (path === 'direct') return { kind: 'key-taken' }
        throw error
      case 'value-refused':
        return toValueRefused(error)
      case 'partition-missing':
        this.#options.sink.resetPrepared?.()
        throw error
      case 'locked':
      case 'outage':
        throw error
      default:
        return fault satisfies never
    }
  }

  /** Copies the rows of several partitions in one `COPY`. */
  #copyDirect(batches: readonly DecodedBatch<Row>[]): LedgerWork {
    return async (client) => {
      const settled = await this.#settleOrigins(client, batches)
      const rows = rowEntriesOf(settled)
      const statements = rows.length > 0 ? this.#options.sink.copyStatements(rows) : []
      const entries: LedgerEntry[] = []
      for (const batch of settled)
        entries.push(await this.#recordOutcomes(client, batch, nothingMerged))
      const check = ([copied]: readonly pg.QueryResult[]): void => {
        if (rows.length > 0 && copied?.rowCount !== rows.length) throw new RowsMissingError()
      }
      return { entries, statements, check }
    }
  }

  #merge(
    batch: DecodedBatch<Row>,
    path: Exclude<WritePath, 'direct'>,
    onMerged: (result: MergeResult) => void,
  ): LedgerWork {
    const { sink } = this.#options
    return async (client) => {
      const attempt = this.#triggerGuard.beginAttempt(batch.partition)
      const [settled = batch] = await this.#settleOrigins(client, [batch])
      const rows = entriesWithRow(settled)
      const merged =
        path === 'merge' ? await sink.merge(client, rows) : await sink.divide(client, rows)
      this.#triggerGuard.check(attempt, settled.entries, merged.refused)
      onMerged(merged)
      return { entries: [await this.#recordOutcomes(client, settled, merged)] }
    }
  }

  /** Takes the repeated records of a grouped topic out of the batches. */
  async #settleOrigins(
    client: pg.PoolClient,
    batches: readonly DecodedBatch<Row>[],
  ): Promise<readonly SettledBatch<Row>[]> {
    const { pipeline, isGrouped } = this.#options
    if (isGrouped !== true) return batches
    const repeated = await settleOrigins(client, pipeline, batches)
    return batches.map((batch, index) => withoutRepeated(batch, repeated[index]))
  }

  /** Records the outcome of the offsets that added no row. */
  async #recordOutcomes(
    client: pg.PoolClient,
    batch: SettledBatch<Row>,
    merged: MergeResult,
  ): Promise<LedgerEntry> {
    const { pipeline, sink } = this.#options
    const { logId, partition, entries, expectedOffset, followingOffset, repeated = [] } = batch
    const place = { pipeline, logId, partition }
    const letters = this.#lettersOf(batch, merged)
    await insertDeadLetters(client, { ...place, letters })
    if (letters.length > 0) await sink.recordLetters?.(client, place, letters)
    const outcomes = [
      ['duplicate', inOrder(merged.duplicates, repeated)],
      ['updated', merged.updated],
      ['superseded', merged.superseded],
    ] as const
    for (const [outcome, offsets] of outcomes) {
      await insertSpans(client, { ...place, spans: toSpans(offsets), outcome })
    }
    const updated = merged.updated.length + merged.superseded.length
    const duplicate = merged.duplicates.length
    return {
      ...emptyEntry,
      stored: entries.length - letters.length - duplicate - updated,
      updated,
      duplicate: duplicate + repeated.length,
      deadLettered: letters.length,
      withoutRecord: followingOffset - expectedOffset - entries.length - repeated.length,
    }
  }

  #lettersOf({ entries }: DecodedBatch<Row>, merged: MergeResult): NewDeadLetter[] {
    const refused = hasOnlyRows(entries) ? [] : entries.filter((entry) => entry.kind === 'refused')
    const reasons = reasonsOf(merged, this.#options.sink)
    if (reasons.size === 0) return refused
    const ofRows = entries.flatMap(({ offset, original }) => {
      const reason = reasons.get(offset)
      return reason === undefined ? [] : [{ offset, original, ...reason }]
    })
    return [...refused, ...ofRows]
  }
}

/** Why a row became a dead letter. */
export type LetterReason = Pick<NewDeadLetter, 'code' | 'detail'>

/** The reasons of the rows that become dead letters, by the offset of their record. */
export function reasonsOf<Row>(
  { conflicts, refused }: MergeResult,
  { schema }: TableSink<Row>,
): ReadonlyMap<number, LetterReason> {
  const keyConflict = { code: 'key-conflict', detail: schema.conflictDetail }
  return new Map([
    ...conflicts.map((offset) => [offset, keyConflict] as const),
    ...refused.map(({ offset, detail }) => [offset, refusedByDatabase(detail)] as const),
  ])
}

/** Whether all batches are of one log, and each of a different partition. */
function haveDistinctPartitions(batches: readonly DecodedBatch<unknown>[]): boolean {
  const logs = new Set(batches.map(({ logId }) => logId))
  const partitions = new Set(batches.map(({ partition }) => partition))
  return logs.size === 1 && partitions.size === batches.length
}

/** The outcome if this store has stopped the transaction itself. */
function stoppedOutcome(error: unknown): WriteOutcome | undefined {
  if (error instanceof LedgerMovedError) return { kind: 'ledger-moved' }
  if (error instanceof RowsMissingError) return { kind: 'rows-missing' }
  return undefined
}

function withoutRepeated<Row>(
  batch: DecodedBatch<Row>,
  repeated: ReadonlySet<number> = new Set(),
): SettledBatch<Row> {
  const entries = batch.entries.filter(({ offset }) => !repeated.has(offset))
  return { ...batch, entries, repeated: [...repeated] }
}

function toValueRefused(error: unknown): WriteOutcome {
  return { kind: 'value-refused', detail: (error as Error).message }
}

function hasOnlyRows<Row>(
  entries: DecodedBatch<Row>['entries'],
): entries is readonly RowEntry<Row>[] {
  return entries.every(({ kind }) => kind === 'row')
}

/** Makes no copy if each record of the batch has a row, which is the usual case. */
function entriesWithRow<Row>({ entries }: DecodedBatch<Row>): readonly RowEntry<Row>[] {
  return hasOnlyRows(entries) ? entries : entries.filter((entry) => entry.kind === 'row')
}

function rowEntriesOf<Row>(batches: readonly DecodedBatch<Row>[]): readonly RowEntry<Row>[] {
  const [first] = batches
  return first !== undefined && batches.length === 1
    ? entriesWithRow(first)
    : batches.flatMap(entriesWithRow)
}

function rowsOf<Row>(batch: DecodedBatch<Row>): Row[] {
  return entriesWithRow(batch).map(({ row }) => row)
}
