import type pg from 'pg'
import type { ConflictRule, TableSchema } from '../../../ledger/table-schema.ts'
import type { OffsetRow } from './copy-binary.ts'
import { copyRows } from './copy-rows.ts'
import type { MergeResult, RefusedRow, TableSink } from './table-sink.ts'
import type { TableStatements } from './table-statements.ts'
import { tableStatements } from './table-statements.ts'

/** The reason of a row that was left out without an error. Users see it. */
const leftOut = 'The database did not store the row, for example because of a trigger.'

/** Writes a table with a primary key according to its schema. */
export class KeyedTableSink<Row> implements TableSink<Row> {
  readonly schema: TableSchema<Row>
  readonly #statements: TableStatements

  constructor(schema: TableSchema<Row>) {
    this.schema = schema
    this.#statements = tableStatements(schema)
  }

  prepare(): Promise<void> {
    return Promise.resolve()
  }

  resetPrepared(): void {
    // Nothing was prepared.
  }

  copy(client: pg.PoolClient, rows: readonly OffsetRow<Row>[]): Promise<number> {
    const { table, columns } = this.schema
    return copyRows(client, { table, columns, withOffset: false }, rows)
  }

  async merge(client: pg.PoolClient, rows: readonly OffsetRow<Row>[]): Promise<MergeResult> {
    await this.#copyIncoming(client, rows)
    const { rows: notAdded } = await client.query<OffsetOfRow>(this.#statements.merge)
    return this.#resultOf(client, notAdded.map(toOffset), [])
  }

  async divide(client: pg.PoolClient, rows: readonly OffsetRow<Row>[]): Promise<MergeResult> {
    await this.#copyIncoming(client, rows)
    await client.query(this.#statements.divide)
    const { rows: notAdded } = await client.query<NotAdded>(this.#statements.notAdded)
    const refused = notAdded.flatMap(toRefusedRow)
    const withoutError = notAdded.filter(({ sql_state }) => sql_state === null)
    return this.#resultOf(client, withoutError.map(toOffset), refused)
  }

  async #copyIncoming(client: pg.PoolClient, rows: readonly OffsetRow<Row>[]): Promise<void> {
    const { columns } = this.schema
    await client.query(this.#statements.create)
    await copyRows(client, { table: 'incoming', columns, withOffset: true }, rows)
  }

  /**
   * Applies the conflict rule of the schema to the offsets that added no row and had no error.
   *
   * @param refused the rows that the database refused with an error
   */
  async #resultOf(
    client: pg.PoolClient,
    offsets: readonly number[],
    refused: readonly RefusedRow[],
  ): Promise<MergeResult> {
    const result = { ...nothingMerged, refused }
    if (offsets.length === 0) return result
    const { rows: compared } = await client.query<OffsetOfRow & { same: boolean }>(
      this.#statements.compare,
      [offsets],
    )
    const present = new Set(compared.map(toOffset))
    const absent = offsets.filter((offset) => !present.has(offset))
    const ofLeftOut = absent.map((offset) => ({ offset, detail: leftOut, sqlState: undefined }))
    return {
      ...result,
      ...this.#onConflict[this.schema.onConflict](compared),
      refused: [...refused, ...ofLeftOut],
    }
  }

  /** What becomes of rows whose key has a row, by conflict rule. */
  readonly #onConflict: Record<
    ConflictRule,
    (compared: readonly (OffsetOfRow & { same: boolean })[]) => Partial<MergeResult>
  > = {
    keep: (compared) => ({
      duplicates: compared.filter(({ same }) => same).map(toOffset),
      conflicts: compared.filter(({ same }) => !same).map(toOffset),
    }),
  }
}

/** The result of rows that have all added a row. */
export const nothingMerged: MergeResult = {
  updated: [],
  superseded: [],
  duplicates: [],
  conflicts: [],
  refused: [],
}

type OffsetOfRow = { readonly record_offset: number }
type NotAdded = OffsetOfRow & { readonly sql_state: string | null; readonly detail: string | null }

const toOffset = ({ record_offset }: OffsetOfRow): number => record_offset

/** An empty array for a row that was not refused with an error. */
function toRefusedRow({ record_offset, sql_state, detail }: NotAdded): RefusedRow[] {
  if (sql_state === null) return []
  return [{ offset: record_offset, detail: detail ?? '', sqlState: sql_state }]
}
