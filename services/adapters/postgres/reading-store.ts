import type pg from 'pg'
import type { LedgerEntry } from '../../telemetry/ledger.ts'
import { emptyEntry, offsetsOf } from '../../telemetry/ledger.ts'
import type { DecodedBatch, ReadingStore, WriteOutcome, WritePath } from '../../telemetry/ports.ts'
import { microsecondsPerDay } from '../../telemetry/reading.ts'
import { toUtcDay } from '../../telemetry/time.ts'
import { copyColumns } from './copy-binary.ts'
import { copyRows } from './copy-rows.ts'
import type { LostReading } from './dead-letters.ts'
import { insertDeadLetters, insertSpans } from './dead-letters.ts'
import { toPostgresFault } from './errors.ts'
import type { LedgerLock } from './ledger-lock.ts'
import { LedgerMoved } from './ledger-lock.ts'
import type { ReadingEntry } from './merge-readings.ts'
import { keyConflict, mergeReadings, mergeStatements } from './merge-readings.ts'
import { sqlStatement } from './sql-file.ts'

export type ReadingStoreOptions = { readonly table: string; readonly lock: LedgerLock }

/** Offsets from `from` up to but without `to`. */
type Gap = { readonly from: number; readonly to: number }

/** Stores batches in Postgres: rows, dead letters and ledger in one transaction. */
export class PostgresReadingStore implements ReadingStore {
  readonly #pool: pg.Pool
  readonly #options: ReadingStoreOptions
  readonly #statements: ReturnType<typeof statementsFor>
  /** Days known to have their partition, by their number. */
  readonly #days = new Set<number>()

  constructor(pool: pg.Pool, options: ReadingStoreOptions) {
    this.#pool = pool
    this.#options = options
    this.#statements = statementsFor(options.table)
  }

  async write(batch: DecodedBatch, path: WritePath): Promise<WriteOutcome> {
    try {
      await this.#ensureDays(batch)
      const { lock } = this.#options
      const entry = await lock.hold(batch, (client) => this.#store(client, batch, path))
      return { kind: 'written', entry }
    } catch (error) {
      return this.#toOutcome(error, path)
    }
  }

  #toOutcome(error: unknown, path: WritePath): WriteOutcome {
    if (error instanceof LedgerMoved) return { kind: 'ledger-moved' }
    const fault = toPostgresFault(error)
    switch (fault) {
      case 'key-taken':
        // The merging path has looked for the key: what it meets is a unique index of somebody else.
        return path === 'direct' ? { kind: 'key-taken' } : refusedValue(error)
      case 'value-refused':
        return refusedValue(error)
      case 'day-missing':
        this.#days.clear()
        throw error
      case 'locked':
      case 'outage':
        throw error
      default:
        return fault satisfies never
    }
  }

  /** In transactions of their own: the lock on the table of readings is held for as short as can be. */
  async #ensureDays(batch: DecodedBatch): Promise<void> {
    const numbers = new Set<number>()
    for (const entry of batch.entries) {
      if (entry.kind === 'reading') numbers.add(dayNumberOf(entry.reading.recordedAt))
    }
    for (const number of numbers) {
      if (this.#days.has(number)) continue
      const day = toUtcDay(number * microsecondsPerDay)
      await this.#pool.query(this.#statements.ensureDay, [day])
      this.#days.add(number)
    }
  }

  async #store(client: pg.PoolClient, batch: DecodedBatch, path: WritePath): Promise<LedgerEntry> {
    const readings = readingsOf(batch)
    const { duplicates, conflicts } =
      path === 'direct'
        ? await this.#copyDirect(client, readings)
        : await this.#merge(client, readings)
    const letters: LostReading[] = [
      ...batch.entries.filter((entry) => entry.kind === 'refused'),
      ...conflicts,
    ]
    const { log, partition } = batch
    await insertDeadLetters(client, this.#statements.insertDeadLetters, { log, partition, letters })
    await insertSpans(client, this.#statements.insertSpans, {
      log,
      partition,
      offsets: duplicates,
      outcome: 'duplicate',
    })
    const entry: LedgerEntry = {
      ...emptyEntry,
      stored: readings.length - duplicates.length - conflicts.length,
      duplicate: duplicates.length,
      deadLettered: letters.length,
      withoutRecord: batch.followingOffset - batch.expectedOffset - batch.entries.length,
    }
    await this.#advanceLedger(client, batch, entry)
    return entry
  }

  /**
   * Counts offsets that the log lost before they were read.
   *
   * @returns false where the ledger has moved, and nothing was counted
   */
  async recordExpired(log: number, partition: number, { from, to }: Gap): Promise<boolean> {
    try {
      await this.#options.lock.hold({ log, partition, expectedOffset: from }, async (client) => {
        const { insertSpans: spans, advanceLedger } = this.#statements
        await client.query(spans, [log, partition, [from], [to - 1], 'expired'])
        await client.query(advanceLedger, [log, partition, to, 0, 0, 0, to - from, 0])
      })
      return true
    } catch (error) {
      if (error instanceof LedgerMoved) return false
      throw error
    }
  }

  async #copyDirect(client: pg.PoolClient, readings: readonly ReadingEntry[]) {
    if (readings.length > 0) {
      const { table } = this.#options
      const target = { table, columns: copyColumns, withOffset: false }
      await copyRows(client, target, byVehicle(readings))
    }
    return { duplicates: [], conflicts: [] }
  }

  async #merge(client: pg.PoolClient, readings: readonly ReadingEntry[]) {
    const { duplicates, conflicting } = await mergeReadings(
      client,
      this.#statements.merge,
      readings,
    )
    const conflicts = readings
      .filter(({ offset }) => conflicting.has(offset))
      .map(({ offset, original }) => ({ offset, original, ...keyConflict }))
    return { duplicates, conflicts }
  }

  async #advanceLedger(client: pg.PoolClient, batch: DecodedBatch, entry: LedgerEntry) {
    const following = batch.expectedOffset + offsetsOf(entry)
    if (following !== batch.followingOffset) {
      throw new Error(`the account of offsets up to ${batch.followingOffset} gives ${following}`)
    }
    const { stored, duplicate, deadLettered, expired, withoutRecord } = entry
    const counts = [stored, duplicate, deadLettered, expired, withoutRecord]
    await client.query(this.#statements.advanceLedger, [
      batch.log,
      batch.partition,
      following,
      ...counts,
    ])
  }
}

function statementsFor(table: string) {
  const statement = (name: string): string => sqlStatement(name, table)
  return {
    ensureDay: statement('ensure-day'),
    advanceLedger: statement('advance-ledger'),
    insertDeadLetters: statement('insert-dead-letters'),
    insertSpans: statement('insert-spans'),
    merge: mergeStatements(table),
  }
}

/** Whole days since the Unix epoch: to name the day of each reading would cost more. */
const dayNumberOf = (microseconds: number): number => Math.floor(microseconds / microsecondsPerDay)

/**
 * What a vehicle reported stands together in the index, and in the table as far as the batch goes:
 * cheaper to write, and a track is read from fewer pages.
 */
function byVehicle(readings: readonly ReadingEntry[]): ReadingEntry[] {
  const vehicles = new Map<string, ReadingEntry[]>()
  for (const entry of readings) {
    const own = vehicles.get(entry.reading.vin)
    if (own) own.push(entry)
    else vehicles.set(entry.reading.vin, [entry])
  }
  return [...vehicles.keys()].sort().flatMap((vin) => vehicles.get(vin) ?? [])
}

function refusedValue(error: unknown): WriteOutcome {
  return { kind: 'value-refused', detail: (error as Error).message }
}

function readingsOf(batch: DecodedBatch): ReadingEntry[] {
  return batch.entries.filter((entry) => entry.kind === 'reading')
}
