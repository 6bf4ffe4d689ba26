import type pg from 'pg'
import { otherRowsOfRefused, selectLatestRows } from '../../../ledger/latest-rows.ts'
import type { TableSchema } from '../../../ledger/table-schema.ts'
import type { OffsetRow } from './copy-binary.ts'
import type { CopyStatement } from '../driver/statement-group.ts'
import { sendGroup } from '../driver/statement-group.ts'
import { sqlStatement } from '../sql-file.ts'
import { copyStatement } from './copy-rows.ts'
import { encodedKeyOf } from './arrays/encoded-key.ts'
import type { Unadded } from './arrays/merge-arrays.ts'
import { ArrayMerge } from './arrays/merge-arrays.ts'
import type { MergeResult, RefusedRow, TableSink } from './table-sink.ts'
import type { TableStatements } from './table-statements.ts'
import { relationOf, tableStatements } from './table-statements.ts'

/** The reason of a row that was left out without an error. Users see it. */
export const leftOut = 'The database did not store the row, for example because of a trigger.'

/** Writes a table with a primary key according to its schema. */
export class KeyedTableSink<Row> implements TableSink<Row> {
  readonly schema: TableSchema<Row>
  readonly #statements: TableStatements
  readonly #keyOf: (row: Row) => string
  /** Undefined for the rule `keep`. */
  readonly #arrays: ArrayMerge<Row> | undefined

  constructor(schema: TableSchema<Row>) {
    this.schema = schema
    this.#statements = tableStatements(schema)
    this.#keyOf = encodedKeyOf(schema)
    this.#arrays = schema.onConflict.kind === 'keep' ? undefined : new ArrayMerge(schema)
  }

  copyStatements(rows: readonly OffsetRow<Row>[]): [CopyStatement] {
    const { columns, encodedOf } = this.schema
    const relation = relationOf(this.schema)
    return [copyStatement({ relation, columns, encodedOf, withOffset: false }, rows)]
  }

  merge(client: pg.PoolClient, rows: readonly OffsetRow<Row>[]): Promise<MergeResult> {
    return this.#writeLatest(client, rows, async (latest) => {
      if (this.#arrays?.canMerge(latest) === true)
        return this.#mergeArrays(client, latest, this.#arrays)
      await this.#copyIncoming(client, latest)
      const { rows: notAdded } = await client.query<Written>(this.#statements.merge)
      return this.#resultOf(client, toUnadded(notAdded), [])
    })
  }

  divide(client: pg.PoolClient, rows: readonly OffsetRow<Row>[]): Promise<MergeResult> {
    return this.#writeLatest(client, rows, async (latest) => {
      await this.#copyIncoming(client, latest)
      await client.query(this.#statements.divide)
      const { rows: notAdded } = await client.query<NotAdded>(this.#statements.notAdded)
      const refused = notAdded.flatMap(toRefusedRow)
      const withoutError = notAdded.filter(({ sql_state }) => sql_state === null)
      return this.#resultOf(client, toUnadded(withoutError), refused)
    })
  }

  async #mergeArrays(
    client: pg.PoolClient,
    rows: readonly OffsetRow<Row>[],
    arrays: ArrayMerge<Row>,
  ): Promise<MergeResult> {
    const unadded = await arrays.merge(client, rows)
    if (unadded.unwritten.length > 0) {
      const offsets = new Set(unadded.unwritten)
      await this.#copyIncoming(
        client,
        rows.filter(({ offset }) => offsets.has(offset)),
      )
    }
    return this.#resultOf(client, unadded, [])
  }

  /**
   * Writes rows of which each key has one. Only with the rule `keep` a key may have several: the first
   * one is stored, and the others are compared with it.
   *
   * If the database refuses the row that remains of a key, the other rows of this key are written
   * without it: a row that is not stored replaces none.
   */
  async #writeLatest(
    client: pg.PoolClient,
    rows: readonly OffsetRow<Row>[],
    write: (latest: readonly OffsetRow<Row>[]) => Promise<MergeResult>,
  ): Promise<MergeResult> {
    if (this.schema.onConflict.kind === 'keep') return write(rows)
    const { latest, superseded, duplicates } = selectLatestRows(this.schema, rows, this.#keyOf)
    const result = await write(latest)
    const others = otherRowsOfRefused(
      this.schema,
      rows,
      result.refused.map(({ offset }) => offset),
    )
    const open = new Set(others.map(({ offset }) => offset))
    const isSettled = (offset: number): boolean => !open.has(offset)
    const settled = {
      ...result,
      superseded: inOrder(result.superseded, superseded.filter(isSettled)),
      duplicates: inOrder(result.duplicates, duplicates.filter(isSettled)),
    }
    if (others.length === 0) return settled
    await client.query(sqlStatement('drop-incoming'))
    return joinResults(settled, await this.#writeLatest(client, others, write))
  }

  async #copyIncoming(client: pg.PoolClient, rows: readonly OffsetRow<Row>[]): Promise<void> {
    const { columns, encodedOf } = this.schema
    await client.query(this.#statements.create)
    const incoming = { relation: 'incoming', columns, encodedOf, withOffset: true }
    await sendGroup(client, [copyStatement(incoming, rows)])
  }

  /**
   * Determines why rows have not been added.
   *
   * @param unadded the rows that have added no row, without those in `refused`
   * @param refused the rows that the database refused with an error
   */
  async #resultOf(
    client: pg.PoolClient,
    { updated, duplicates, unwritten }: Unadded,
    refused: readonly RefusedRow[],
  ): Promise<MergeResult> {
    const result = { ...nothingMerged, updated, duplicates, refused }
    if (unwritten.length === 0) return result
    const { rows: compared } = await client.query<OffsetOfRow & { same: boolean }>(
      this.#statements.compare,
      [unwritten],
    )
    const present = new Set(compared.map(toOffset))
    const absent = unwritten.filter((offset) => !present.has(offset))
    const ofLeftOut = absent.map((offset) => ({ offset, detail: leftOut, sqlState: undefined }))
    const different = compared.filter(({ same }) => !same).map(toOffset)
    return {
      ...result,
      duplicates: inOrder(duplicates, compared.filter(({ same }) => same).map(toOffset)),
      ...(this.schema.onConflict.kind === 'keep'
        ? { conflicts: different }
        : { superseded: different }),
      refused: [...refused, ...ofLeftOut],
    }
  }
}

/** The results of rows that were written one part after another. */
export function joinResults(left: MergeResult, right: MergeResult): MergeResult {
  return {
    updated: inOrder(left.updated, right.updated),
    superseded: inOrder(left.superseded, right.superseded),
    duplicates: inOrder(left.duplicates, right.duplicates),
    conflicts: inOrder(left.conflicts, right.conflicts),
    refused: [...left.refused, ...right.refused].sort((a, b) => a.offset - b.offset),
  }
}

/** The offsets of both lists, ascending. */
export const inOrder = (left: readonly number[], right: readonly number[]): number[] =>
  [...left, ...right].sort((a, b) => a - b)

/** The result of rows that have all added a row. */
export const nothingMerged: MergeResult = {
  updated: [],
  superseded: [],
  duplicates: [],
  conflicts: [],
  refused: [],
}

type OffsetOfRow = { readonly record_offset: number }
/** `outcome` is null for a row that was not written. */
type Written = OffsetOfRow & { readonly outcome: 'updated' | 'duplicate' | null }
type NotAdded = Written & { readonly sql_state: string | null; readonly detail: string | null }

const toOffset = ({ record_offset }: OffsetOfRow): number => record_offset

function toUnadded(written: readonly Written[]): Unadded {
  const withOutcome = (wanted: Written['outcome']): number[] =>
    written.filter(({ outcome }) => outcome === wanted).map(toOffset)
  return {
    updated: withOutcome('updated'),
    duplicates: withOutcome('duplicate'),
    unwritten: withOutcome(null),
  }
}

/** An empty array for a row that was not refused with an error. */
function toRefusedRow({ record_offset, sql_state, detail }: NotAdded): RefusedRow[] {
  if (sql_state === null) return []
  return [{ offset: record_offset, detail: detail ?? '', sqlState: sql_state }]
}
