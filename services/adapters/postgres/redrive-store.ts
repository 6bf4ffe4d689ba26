import type pg from 'pg'
import { setTimeout as wait } from 'node:timers/promises'
import type { DeadLetter, DeadLetterState, RedrivenAs } from '../../telemetry/dead-letter.ts'
import type { DecodedEntry } from '../../telemetry/ports.ts'
import type { RecordPosition } from '../../telemetry/receipt.ts'
import { toUtcDay } from '../../telemetry/time.ts'
import { inTransaction } from './connection.ts'
import type { LetterRow } from './dead-letter-rows.ts'
import { toDeadLetter } from './dead-letter-rows.ts'
import { storable } from './dead-letters.ts'
import { toPostgresFault } from './errors.ts'
import type { ReadingEntry } from './merge-readings.ts'
import { keyConflict, mergeReadings, mergeStatements } from './merge-readings.ts'
import { sqlStatement } from './sql-file.ts'

/** What became of a letter: it is a row now, or it stays a letter for the reason named. */
export type Redriven = { readonly id: number; readonly position: RecordPosition } & Fate
type Fate =
  | { readonly kind: RedrivenAs }
  | { readonly kind: 'kept'; readonly code: string; readonly detail: string }

/** What a letter is by the code at hand. The entry's `offset` is the letter's id. */
export type Judge = (letters: readonly DeadLetter[]) => Promise<readonly DecodedEntry[]>

export type RedriveOptions = {
  readonly table: string
  readonly judge: Judge
  /** Letters in any other state are left alone. */
  readonly states: readonly DeadLetterState[]
}

type Attempt = {
  readonly ids: readonly number[]
  readonly judge: Judge
  /** Filled with the days of what is inserted, so that those missing can be made. */
  readonly days: Set<string>
}

/** The transaction met something; nothing of it stays. */
type Setback = { readonly kind: 'day-missing' | 'busy' | 'value-refused'; readonly detail: string }

/**
 * The one who redrives gives way: it waits for no lock for long, and is the one that a deadlock
 * with a consumer ends.
 */
const givingWay = { settings: { lock_timeout: '500ms', deadlock_timeout: '20ms' } }
const busyCodes = new Set(['55P03', '40P01', '40001'])
const longestBusyMs = 60_000

/** Puts dead letters back: judged again, inserted unless there, and marked in one transaction. */
export class PostgresRedriveStore {
  readonly #pool: pg.Pool
  readonly #options: RedriveOptions
  readonly #statement: (name: string) => string

  constructor(pool: pg.Pool, options: RedriveOptions) {
    this.#pool = pool
    this.#options = options
    this.#statement = (name) => sqlStatement(name, options.table)
  }

  /**
   * What became of the letters with these ids; those that another has settled are not among them.
   * Where the database refuses a value they are halved until the bad one stands alone.
   *
   * @throws the last error where locks stay taken for a minute, or the database is away
   */
  async redrive(ids: readonly number[]): Promise<Redriven[]> {
    const outcome = await this.#outlast(ids, this.#options.judge)
    if (!('kind' in outcome)) return outcome
    if (ids.length === 1) return this.#keep(ids, outcome.detail)
    const middle = Math.ceil(ids.length / 2)
    const left = await this.redrive(ids.slice(0, middle))
    return [...left, ...(await this.redrive(ids.slice(middle)))]
  }

  /** The database refuses what the code at hand takes for a reading. */
  async #keep(ids: readonly number[], detail: string): Promise<Redriven[]> {
    const refuse: Judge = (letters) =>
      Promise.resolve(letters.map((letter) => refusedByDatabase(letter, detail)))
    const outcome = await this.#outlast(ids, refuse)
    if ('kind' in outcome) throw new Error(`the database refuses a reason: ${outcome.detail}`)
    return outcome
  }

  /** Tries again while days are missing or locks are taken. */
  async #outlast(ids: readonly number[], judge: Judge): Promise<Redriven[] | Setback> {
    const deadline = performance.now() + longestBusyMs
    for (;;) {
      const days = new Set<string>()
      const attempt: Attempt = { ids, judge, days }
      try {
        return await inTransaction(this.#pool, (client) => this.#settle(client, attempt), givingWay)
      } catch (error) {
        const setback = toSetback(error)
        if (setback === undefined || performance.now() > deadline) throw error
        if (setback.kind === 'value-refused') return setback
        if (setback.kind === 'day-missing') await this.#ensureDays(days)
        else await wait(20 + Math.random() * 80)
      }
    }
  }

  async #settle(client: pg.PoolClient, { ids, judge, days }: Attempt): Promise<Redriven[]> {
    const lock = this.#statement('lock-dead-letters')
    const { rows } = await client.query<LetterRow>(lock, [ids, this.#options.states])
    const letters = rows.map(toDeadLetter)
    const entries = await judge(letters)
    const readings = entries.filter((entry) => entry.kind === 'reading')
    for (const { reading } of readings) days.add(toUtcDay(reading.recordedAt))
    const fates = await this.#insert(client, readings)
    for (const entry of entries) {
      if (entry.kind === 'refused') fates.set(entry.offset, toKept(entry))
    }
    const redriven = letters.map(({ id, position }) => {
      const fate = fates.get(id)
      if (fate === undefined) throw new Error(`the dead letter ${id} was not judged`)
      return { id, position, ...fate }
    })
    await this.#mark(client, redriven)
    return redriven
  }

  /** What became of each reading, by the id of its letter. */
  async #insert(
    client: pg.PoolClient,
    readings: readonly ReadingEntry[],
  ): Promise<Map<number, Fate>> {
    const fates = new Map<number, Fate>(readings.map(({ offset }) => [offset, { kind: 'stored' }]))
    if (readings.length === 0) return fates
    const statements = mergeStatements(this.#options.table)
    const { duplicates, conflicting } = await mergeReadings(client, statements, readings)
    for (const id of duplicates) fates.set(id, { kind: 'duplicate' })
    for (const id of conflicting) fates.set(id, toKept(keyConflict))
    return fates
  }

  async #mark(client: pg.PoolClient, redriven: readonly Redriven[]): Promise<void> {
    const done = redriven.filter(({ kind }) => kind !== 'kept')
    const kept = redriven.filter((letter) => letter.kind === 'kept')
    await client.query(this.#statement('mark-redriven'), [
      done.map(({ id }) => id),
      done.map(({ kind }) => kind),
    ])
    await client.query(this.#statement('change-reason'), [
      kept.map(({ id }) => id),
      kept.map(({ code }) => code),
      kept.map(({ detail }) => detail),
    ])
  }

  /** In transactions of their own, as the consumers make them. */
  async #ensureDays(days: ReadonlySet<string>): Promise<void> {
    for (const day of days) await this.#pool.query(this.#statement('ensure-day'), [day])
  }
}

function toKept({ code, detail }: { readonly code: string; readonly detail: string }): Fate {
  return { kind: 'kept', code, detail: storable(detail) }
}

function refusedByDatabase({ id, original }: DeadLetter, detail: string): DecodedEntry {
  return { kind: 'refused', offset: id, original, code: 'refused-by-database', detail }
}

/** What can be done about an error, or undefined where the database is away. */
function toSetback(error: unknown): Setback | undefined {
  const { code, message } = error as { code?: string; message: string }
  if (code !== undefined && busyCodes.has(code)) return { kind: 'busy', detail: message }
  switch (toPostgresFault(error)) {
    case 'day-missing':
      return { kind: 'day-missing', detail: message }
    case 'index-unfinished':
      return { kind: 'busy', detail: message }
    // The merge has looked for the key: what it meets is a unique index of somebody else.
    case 'key-taken':
    case 'value-refused':
      return { kind: 'value-refused', detail: message }
    default:
      return undefined
  }
}
