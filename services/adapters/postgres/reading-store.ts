import type pg from 'pg'
import type { LedgerEntry } from '../../telemetry/ledger.ts'
import { emptyEntry, toSpans } from '../../telemetry/ledger.ts'
import type {
  DecodedBatch,
  DecodedEntry,
  SharingReadingStore,
  WriteOutcome,
  WritePath,
} from '../../telemetry/ports.ts'
import { microsecondsPerDay } from '../../telemetry/reading.ts'
import { toUtcDay } from '../../telemetry/time.ts'
import { copyColumns } from './copy-binary.ts'
import { copyRows } from './copy-rows.ts'
import type { LostReading } from './dead-letters.ts'
import { insertDeadLetters, insertSpans } from './dead-letters.ts'
import { toPostgresFault } from './errors.ts'
import type { LedgerLock, LedgerWork } from './ledger-lock.ts'
import { LedgerMoved } from './ledger-lock.ts'
import type { ReadingEntry } from './merge-readings.ts'
import { keyConflict, mergeReadings, mergeStatements } from './merge-readings.ts'
import { sqlStatement } from './sql-file.ts'

export type ReadingStoreOptions = { readonly table: string; readonly lock: LedgerLock }

/** Offsets from `from` up to but without `to`. */
type Gap = { readonly from: number; readonly to: number }

/** Stores batches in Postgres: rows, dead letters and ledger in one transaction. */
export class PostgresReadingStore implements SharingReadingStore {
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
    const store = path === 'direct' ? this.#copyDirect([batch]) : this.#merge(batch)
    try {
      await this.#ensureDays(batch.entries)
      const [entry = emptyEntry] = await this.#options.lock.advance(batch.log, [batch], store)
      return { kind: 'written', entry }
    } catch (error) {
      return this.#toOutcome(error, path)
    }
  }

  async writeTogether(
    batches: readonly DecodedBatch[],
  ): Promise<readonly LedgerEntry[] | undefined> {
    const [first] = batches
    if (first === undefined || !areApart(batches)) return undefined
    try {
      await this.#ensureDays(batches.flatMap(({ entries }) => entries))
      const { lock } = this.#options
      return await lock.advance(first.log, batches, this.#copyDirect(batches))
    } catch (error) {
      const concernsOne = error instanceof LedgerMoved || toPostgresFault(error) !== 'outage'
      if (concernsOne) return undefined
      throw error
    }
  }

  #toOutcome(error: unknown, path: WritePath): WriteOutcome {
    if (error instanceof LedgerMoved) return { kind: 'ledger-moved' }
    const fault = toPostgresFault(error)
    switch (fault) {
      case 'key-taken':
        // The merging path has looked for the key: what it meets is a unique index of somebody else.
        return path === 'direct' ? { kind: 'key-taken' } : refusedValue(error)
      case 'index-unfinished':
        if (path === 'direct') return { kind: 'key-taken' }
        throw error
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
  async #ensureDays(entries: readonly DecodedEntry[]): Promise<void> {
    const numbers = new Set<number>()
    for (const entry of entries) {
      if (entry.kind === 'reading') numbers.add(dayNumberOf(entry.reading.recordedAt))
    }
    for (const number of numbers) {
      if (this.#days.has(number)) continue
      const day = toUtcDay(number * microsecondsPerDay)
      await this.#pool.query(this.#statements.ensureDay, [day])
      this.#days.add(number)
    }
  }

  /** Of several partitions in one `COPY`. */
  #copyDirect(batches: readonly DecodedBatch[]): LedgerWork {
    return async (client) => {
      const readings = batches.flatMap(readingsOf)
      if (readings.length > 0) {
        const { table } = this.#options
        const target = { table, columns: copyColumns, withOffset: false }
        await copyRows(client, target, byVehicle(readings))
      }
      const entries: LedgerEntry[] = []
      for (const batch of batches)
        entries.push(await this.#account(client, batch, { duplicates: [], conflicts: [] }))
      return entries
    }
  }

  #merge(batch: DecodedBatch): LedgerWork {
    return async (client) => {
      const readings = readingsOf(batch)
      const { merge } = this.#statements
      const { duplicates, conflicting } = await mergeReadings(client, merge, readings)
      const conflicts = readings
        .filter(({ offset }) => conflicting.has(offset))
        .map(({ offset, original }) => ({ offset, original, ...keyConflict }))
      return [await this.#account(client, batch, { duplicates, conflicts })]
    }
  }

  /** Keeps what became of the offsets that added no row. */
  async #account(
    client: pg.PoolClient,
    batch: DecodedBatch,
    { duplicates, conflicts }: WithoutRow,
  ): Promise<LedgerEntry> {
    const { log, partition, entries, expectedOffset, followingOffset } = batch
    const refused = entries.filter((entry) => entry.kind === 'refused')
    const letters: LostReading[] = [...refused, ...conflicts]
    const place = { log, partition }
    const { insertDeadLetters: lettersInto, insertSpans: spansInto } = this.#statements
    await insertDeadLetters(client, lettersInto, { ...place, letters })
    const spans = toSpans(duplicates)
    await insertSpans(client, spansInto, { ...place, spans, outcome: 'duplicate' })
    return {
      ...emptyEntry,
      stored: entries.length - letters.length - duplicates.length,
      duplicate: duplicates.length,
      deadLettered: letters.length,
      withoutRecord: followingOffset - expectedOffset - entries.length,
    }
  }

  /**
   * Counts offsets that the log lost before they were read.
   *
   * @returns false where the ledger has moved, and nothing was counted
   */
  async recordExpired(log: number, partition: number, { from, to }: Gap): Promise<boolean> {
    const step = { partition, expectedOffset: from, followingOffset: to, entries: [] }
    const spans = [{ first: from, last: to - 1 }]
    try {
      await this.#options.lock.advance(log, [step], async (client) => {
        const outcome = { log, partition, spans, outcome: 'expired' } as const
        await insertSpans(client, this.#statements.insertSpans, outcome)
        return [{ ...emptyEntry, expired: to - from }]
      })
      return true
    } catch (error) {
      if (error instanceof LedgerMoved) return false
      throw error
    }
  }
}

/** Whether they are batches of one log, each of another partition. */
function areApart(batches: readonly DecodedBatch[]): boolean {
  const logs = new Set(batches.map(({ log }) => log))
  const partitions = new Set(batches.map(({ partition }) => partition))
  return logs.size === 1 && partitions.size === batches.length
}

/** Readings of a batch whose key was there: with the same content, and with another. */
type WithoutRow = {
  readonly duplicates: readonly number[]
  readonly conflicts: readonly LostReading[]
}

function statementsFor(table: string) {
  const statement = (name: string): string => sqlStatement(name, table)
  return {
    ensureDay: statement('ensure-day'),
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
