import type pg from 'pg'
import type { ConflictRule, TableSchema } from '../../../ledger/table-schema.ts'
import type { OffsetRow } from './copy-binary.ts'
import { copyRows } from './copy-rows.ts'
import type { MergeResult, TableSink } from './table-sink.ts'
import type { TableStatements } from './table-statements.ts'
import { tableStatements } from './table-statements.ts'

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

  async copy(client: pg.PoolClient, rows: readonly OffsetRow<Row>[]): Promise<void> {
    const { table, columns } = this.schema
    await copyRows(client, { table, columns, withOffset: false }, rows)
  }

  async merge(client: pg.PoolClient, rows: readonly OffsetRow<Row>[]): Promise<MergeResult> {
    const { columns } = this.schema
    await client.query(this.#statements.create)
    await copyRows(client, { table: 'incoming', columns, withOffset: true }, rows)
    return this.#onConflict[this.schema.onConflict](client)
  }

  /** Handles rows whose key exists, by the conflict rule of the schema. */
  readonly #onConflict: Record<ConflictRule, (client: pg.PoolClient) => Promise<MergeResult>> = {
    keep: (client) => this.#keep(client),
  }

  /** Keeps the existing row. */
  async #keep(client: pg.PoolClient): Promise<MergeResult> {
    const { merge, compare } = this.#statements
    const unmatched = await client.query<{ record_offset: number }>(merge)
    const offsets = unmatched.rows.map((row) => row.record_offset)
    const none = { updated: [], superseded: [] }
    if (offsets.length === 0) return { ...none, duplicates: [], conflicts: [] }
    const compared = await client.query<{ record_offset: number; same: boolean }>(compare, [
      offsets,
    ])
    const duplicates = compared.rows.filter((row) => row.same).map((row) => row.record_offset)
    const same = new Set(duplicates)
    return { ...none, duplicates, conflicts: offsets.filter((offset) => !same.has(offset)) }
  }
}
