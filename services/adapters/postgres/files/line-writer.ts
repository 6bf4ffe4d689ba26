import type pg from 'pg'
import { toStorableText } from '../dead-letters/insert-dead-letters.ts'
import { toPostgresFault } from '../driver/errors.ts'
import { requireRows } from '../driver/require-rows.ts'
import { reasonsOf } from '../ledger/ledgered-store.ts'
import { sqlStatement } from '../sql-file.ts'
import type { OffsetRow } from '../tables/copy-binary.ts'
import { copyRows } from '../tables/copy-rows.ts'
import { joinResults, nothingMerged } from '../tables/keyed-table-sink.ts'
import type { MergeResult, TableSink } from '../tables/table-sink.ts'

/** A line that does not become a row. */
export type LineLetter = {
  /** Its number in the file. */
  readonly line: number
  readonly code: string
  readonly detail: string
  readonly text: Uint8Array
}

/** Lines with their rows. The offset of a row is the number of its line, whose text is between `begin` and `end`. */
export type LinesToWrite<Row> = {
  readonly rows: readonly (OffsetRow<Row> & {
    readonly bytes: Uint8Array
    readonly begin: number
    readonly end: number
  })[]
  readonly letters: readonly LineLetter[]
}

/** What became of lines. @member stored rows that were added or changed */
export type WrittenLines = { readonly stored: number; readonly letters: readonly LineLetter[] }

type Path = 'copy' | 'merge' | 'divide'

/** `COPY` has written fewer rows than it was given. */
class RowsMissingError extends Error {}

/**
 * Writes the lines of a file in parts, in the transaction that settles its task. A line that the database refuses
 * becomes a dead letter, and the others are stored.
 */
export class LineWriter<Row> {
  readonly #client: pg.PoolClient
  readonly #sink: TableSink<Row>
  readonly #pipeline: string
  readonly #task: number
  /** After a key that exists already was found, all further parts are merged. */
  #first: Path = 'copy'

  constructor(
    client: pg.PoolClient,
    {
      sink,
      pipeline,
      task,
    }: { readonly sink: TableSink<Row>; readonly pipeline: string; readonly task: number },
  ) {
    this.#client = client
    this.#sink = sink
    this.#pipeline = pipeline
    this.#task = task
  }

  /** @throws an error that means an outage */
  async write({ rows, letters }: LinesToWrite<Row>): Promise<WrittenLines> {
    const merged = rows.length === 0 ? nothingMerged : await this.#writeRows(rows)
    const reasons = reasonsOf(merged, this.#sink)
    const ofRows = rows.flatMap(({ offset, bytes, begin, end }): LineLetter[] => {
      const reason = reasons.get(offset)
      return reason === undefined
        ? []
        : [{ line: offset, text: bytes.subarray(begin, end), ...reason }]
    })
    const all = [...letters, ...ofRows]
    await this.insertLetters(all)
    const unstored = ofRows.length + merged.duplicates.length + merged.superseded.length
    return { stored: rows.length - unstored, letters: all }
  }

  async #writeRows(rows: readonly OffsetRow<Row>[]): Promise<MergeResult> {
    const paths: readonly Path[] =
      this.#first === 'copy' ? ['copy', 'merge', 'divide'] : ['merge', 'divide']
    let refusal: unknown
    for (const path of paths) {
      const result = await this.#attempt(path, rows)
      if ('merged' in result) return result.merged
      refusal = result.error
      if (path === 'copy' && toPostgresFault(refusal) === 'key-taken') this.#first = 'merge'
    }
    if (toPostgresFault(refusal) === 'partition-missing') return this.#writeHalves(rows, refusal)
    throw refusal
  }

  /** `divide` leaves rows without a partition to its caller, because the tables of topics get new partitions. */
  async #writeHalves(rows: readonly OffsetRow<Row>[], error: unknown): Promise<MergeResult> {
    const [first] = rows
    if (rows.length === 1 && first !== undefined) {
      const { message: detail, code: sqlState } = error as pg.DatabaseError
      return { ...nothingMerged, refused: [{ offset: first.offset, detail, sqlState }] }
    }
    const middle = rows.length >> 1
    const before = await this.#writeRows(rows.slice(0, middle))
    return joinResults(before, await this.#writeRows(rows.slice(middle)))
  }

  async #attempt(
    path: Path,
    rows: readonly OffsetRow<Row>[],
  ): Promise<{ readonly merged: MergeResult } | { readonly error: unknown }> {
    const client = this.#client
    await client.query('SAVEPOINT lines')
    try {
      const merged = await this.#run(path, rows)
      await client.query('RELEASE SAVEPOINT lines')
      return { merged }
    } catch (error) {
      const isOutage =
        !(error instanceof RowsMissingError) &&
        ['outage', 'locked'].includes(toPostgresFault(error))
      if (isOutage) throw error
      await client.query('ROLLBACK TO SAVEPOINT lines')
      return { error }
    }
  }

  async #run(path: Path, rows: readonly OffsetRow<Row>[]): Promise<MergeResult> {
    if (path === 'copy') {
      const copied = await copyRows(this.#client, this.#sink, rows)
      if (copied !== rows.length) throw new RowsMissingError('The database has left out rows.')
      return nothingMerged
    }
    const merged = await this.#sink[path](this.#client, rows)
    await this.#client.query(sqlStatement('drop-incoming'))
    return merged
  }

  insertLetters(letters: readonly LineLetter[]): Promise<void> {
    const place = { pipeline: this.#pipeline, task: this.#task }
    return insertLineLetters(this.#client, place, letters)
  }
}

/** Stores lines as dead letters, in the transaction that settles their task. */
export async function insertLineLetters(
  client: pg.PoolClient,
  { pipeline, task }: { readonly pipeline: string; readonly task: number },
  letters: readonly LineLetter[],
): Promise<void> {
  if (letters.length === 0) return
  const inserted = await client.query(sqlStatement('insert-line-letters'), [
    pipeline,
    task,
    letters.map(({ line }) => line),
    letters.map(({ code }) => code),
    letters.map(({ detail }) => toStorableText(detail)),
    letters.map(({ text }) => `\\x${Buffer.from(text).toString('hex')}`),
  ])
  requireRows(inserted, letters.length, 'dead_letter')
}
