import type pg from 'pg'
import { setTimeout as wait } from 'node:timers/promises'
import type { DeadLetter, DeadLetterState, RedrivenAs } from '../../../ledger/dead-letter.ts'
import { refusedByDatabase } from '../../../ledger/dead-letter.ts'
import type { DecodedEntry, RowEntry } from '../../../ledger/batch.ts'
import type { RecordPosition } from '../../../ledger/receipt.ts'
import { inTransaction } from '../driver/connection.ts'
import type { LetterRow } from './dead-letter-rows.ts'
import { toDeadLetter } from './dead-letter-rows.ts'
import { toStorableText } from './insert-dead-letters.ts'
import { toPostgresFault } from '../driver/errors.ts'
import { requireRows } from '../driver/require-rows.ts'
import type { LetterReason } from '../ledger/ledgered-store.ts'
import { reasonsOf } from '../ledger/ledgered-store.ts'
import { sqlStatement } from '../sql-file.ts'
import type { TableSink } from '../tables/table-sink.ts'

/** The result for one letter: it is stored now, or it stays a dead letter for the given reason. */
export type Redriven = { readonly id: number; readonly position: RecordPosition } & RedriveOutcome
type RedriveOutcome =
  | { readonly kind: RedrivenAs }
  | { readonly kind: 'kept'; readonly code: string; readonly detail: string }

/** Decodes letters with the current code. The `offset` of an entry is the id of its letter. */
export type DecodeLetters<Row> = (
  letters: readonly DeadLetter[],
) => Promise<readonly DecodedEntry<Row>[]>

export type RedriveOptions<Row> = {
  /** Name of the pipeline that the letters belong to. */
  readonly pipeline: string
  readonly sink: TableSink<Row>
  readonly decode: DecodeLetters<Row>
  /** Letters in other states are skipped. */
  readonly states: readonly DeadLetterState[]
}

type Attempt<Row> = {
  /** `divide` after the database has refused a row. */
  readonly path: 'merge' | 'divide'
  readonly ids: readonly number[]
  readonly decode: DecodeLetters<Row>
  /** Collects the inserted rows, so that the table can be prepared for them. */
  readonly rows: Row[]
}

/** Why the transaction was rolled back. */
type TransactionFailure = {
  readonly kind: 'partition-missing' | 'busy' | 'value-refused'
  readonly detail: string
}

/**
 * A redrive has a lower priority than a consumer: it waits only briefly for locks, and in a
 * deadlock
 * Postgres aborts the redrive.
 */
const lowPriority = { settings: { lock_timeout: '500ms', deadlock_timeout: '20ms' } }
const busyCodes = new Set(['55P03', '40P01', '40001'])
const retryTimeoutMs = 60_000

/**
 * Redrives dead letters: decodes them again, inserts missing rows and marks the letters, in one
 * transaction.
 */
export class PostgresRedriveStore<Row> {
  readonly #pool: pg.Pool
  readonly #options: RedriveOptions<Row>

  constructor(pool: pg.Pool, options: RedriveOptions<Row>) {
    this.#pool = pool
    this.#options = options
  }

  /**
   * Redrives the letters with these ids. The result omits letters that were settled by another
   * redrive. If the database refuses a row, the other letters are stored. If even that fails, the ids
   * are halved until the bad letter is alone.
   *
   * @throws the last error if a lock is not available for a minute, or on an outage of the database
   */
  async redrive(ids: readonly number[]): Promise<Redriven[]> {
    const { decode } = this.#options
    const merged = await this.#retryUntilSettled({ ids, decode, path: 'merge' })
    if (!('kind' in merged)) return merged
    const outcome = await this.#retryUntilSettled({ ids, decode, path: 'divide' })
    if (!('kind' in outcome)) return outcome
    if (ids.length === 1) return this.#keep(ids, outcome.detail)
    const middle = Math.ceil(ids.length / 2)
    const left = await this.redrive(ids.slice(0, middle))
    return [...left, ...(await this.redrive(ids.slice(middle)))]
  }

  /** Keeps a letter that decodes to a row which the database refuses. */
  async #keep(ids: readonly number[], detail: string): Promise<Redriven[]> {
    const refuse: DecodeLetters<Row> = (letters) =>
      Promise.resolve(
        letters.map(({ id, original }) => ({
          ...({ kind: 'refused', offset: id, original } as const),
          ...refusedByDatabase(detail),
        })),
      )
    const outcome = await this.#retryUntilSettled({ ids, decode: refuse, path: 'merge' })
    if ('kind' in outcome)
      throw new Error(`The database refuses the reason of a dead letter: ${outcome.detail}`)
    return outcome
  }

  /** Retries while the table lacks a partition or a lock is held. */
  async #retryUntilSettled(
    letters: Omit<Attempt<Row>, 'rows'>,
  ): Promise<Redriven[] | TransactionFailure> {
    const deadline = performance.now() + retryTimeoutMs
    for (;;) {
      const attempt: Attempt<Row> = { ...letters, rows: [] }
      try {
        return await inTransaction(
          this.#pool,
          (client) => this.#settle(client, attempt),
          lowPriority,
        )
      } catch (error) {
        const failure = toTransactionFailure(error)
        if (failure === undefined || performance.now() > deadline) throw error
        if (failure.kind === 'value-refused') return failure
        if (failure.kind === 'partition-missing') await this.#prepare(attempt.rows)
        else await wait(20 + Math.random() * 80)
      }
    }
  }

  async #settle(client: pg.PoolClient, attempt: Attempt<Row>): Promise<Redriven[]> {
    const { pipeline, states } = this.#options
    const lock = sqlStatement('lock-dead-letters')
    const locked = await client.query<LetterRow>(lock, [pipeline, attempt.ids, states])
    const letters = locked.rows.map(toDeadLetter)
    const entries = await attempt.decode(letters)
    const withRow = entries.filter((entry) => entry.kind === 'row')
    attempt.rows.push(...withRow.map(({ row }) => row))
    const outcomes = await this.#insert(client, withRow, attempt.path)
    for (const entry of entries) {
      if (entry.kind === 'refused') outcomes.set(entry.offset, toKept(entry))
    }
    const redriven = letters.map(({ id, position }) => {
      const outcomeOfLetter = outcomes.get(id)
      if (outcomeOfLetter === undefined) throw new Error(`The dead letter ${id} was not decoded.`)
      return { id, position, ...outcomeOfLetter }
    })
    await this.#mark(client, redriven)
    return redriven
  }

  /** The outcome of each row, by the id of its letter. */
  async #insert(
    client: pg.PoolClient,
    entries: readonly RowEntry<Row>[],
    path: Attempt<Row>['path'],
  ): Promise<Map<number, RedriveOutcome>> {
    const { sink } = this.#options
    const outcomes = new Map<number, RedriveOutcome>(
      entries.map(({ offset }) => [offset, { kind: 'stored' }]),
    )
    if (entries.length === 0) return outcomes
    const merged =
      path === 'merge' ? await sink.merge(client, entries) : await sink.divide(client, entries)
    for (const id of merged.updated) outcomes.set(id, { kind: 'updated' })
    for (const id of merged.superseded) outcomes.set(id, { kind: 'superseded' })
    for (const id of merged.duplicates) outcomes.set(id, { kind: 'duplicate' })
    for (const [id, reason] of reasonsOf(merged, sink)) outcomes.set(id, toKept(reason))
    return outcomes
  }

  async #mark(client: pg.PoolClient, redriven: readonly Redriven[]): Promise<void> {
    const done = redriven.filter(({ kind }) => kind !== 'kept')
    const kept = redriven.filter((letter) => letter.kind === 'kept')
    const marked = await client.query(sqlStatement('mark-redriven'), [
      this.#options.pipeline,
      done.map(({ id }) => id),
      done.map(({ kind }) => kind),
    ])
    requireRows(marked, done.length, 'dead_letter')
    await client.query(sqlStatement('change-reason'), [
      this.#options.pipeline,
      kept.map(({ id }) => id),
      kept.map(({ code }) => code),
      kept.map(({ detail }) => detail),
    ])
  }

  async #prepare(rows: readonly Row[]): Promise<void> {
    const { sink } = this.#options
    sink.resetPrepared?.()
    await sink.prepare?.(rows)
  }
}

function toKept({ code, detail }: LetterReason): RedriveOutcome {
  return { kind: 'kept', code, detail: toStorableText(detail) }
}

/** Classifies an error; undefined for an outage of the database. */
function toTransactionFailure(error: unknown): TransactionFailure | undefined {
  const { code, message } = error as { code?: string; message: string }
  if (code !== undefined && busyCodes.has(code)) return { kind: 'busy', detail: message }
  switch (toPostgresFault(error)) {
    case 'partition-missing':
      return { kind: 'partition-missing', detail: message }
    case 'index-unfinished':
      return { kind: 'busy', detail: message }
    // The merge has checked the primary key, so another unique index refuses the row.
    case 'key-taken':
    case 'value-refused':
      return { kind: 'value-refused', detail: message }
    default:
      return undefined
  }
}
