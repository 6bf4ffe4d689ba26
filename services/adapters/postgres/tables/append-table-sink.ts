import type pg from 'pg'
import type { TableSchema } from '../../../ledger/table-schema.ts'
import type { CopyStatement } from '../driver/statement-group.ts'
import { sendGroup } from '../driver/statement-group.ts'
import { sqlStatement } from '../sql-file.ts'
import type { OffsetRow } from './copy-binary.ts'
import { copyStatement } from './copy-rows.ts'
import { leftOut, nothingMerged } from './keyed-table-sink.ts'
import type { MergeResult, TableSink } from './table-sink.ts'
import { placeholdersOf, relationOf } from './table-statements.ts'

type NotAdded = {
  readonly record_offset: number
  readonly sql_state: string | null
  readonly detail: string | null
}

/** Writes a table without a key: each record adds a row. */
export class AppendTableSink<Row> implements TableSink<Row> {
  readonly schema: TableSchema<Row>

  constructor(schema: TableSchema<Row>) {
    this.schema = schema
  }

  copyStatements(rows: readonly OffsetRow<Row>[]): [CopyStatement] {
    const { columns, encodedOf } = this.schema
    const relation = relationOf(this.schema)
    return [copyStatement({ relation, columns, encodedOf, withOffset: false }, rows)]
  }

  /** The same as `divide`: without a key, there is nothing to merge. */
  merge(client: pg.PoolClient, rows: readonly OffsetRow<Row>[]): Promise<MergeResult> {
    return this.divide(client, rows)
  }

  async divide(client: pg.PoolClient, rows: readonly OffsetRow<Row>[]): Promise<MergeResult> {
    const { columns, encodedOf } = this.schema
    const placeholders = placeholdersOf(this.schema)
    await client.query(sqlStatement('create-incoming', placeholders))
    const incoming = { relation: 'incoming', columns, encodedOf, withOffset: true }
    await sendGroup(client, [copyStatement(incoming, rows)])
    await client.query(sqlStatement('append-incoming', placeholders))
    const { rows: notAdded } = await client.query<NotAdded>(sqlStatement('not-added', placeholders))
    const refused = notAdded.map(({ record_offset: offset, sql_state: state, detail }) => ({
      offset,
      ...(state === null
        ? { detail: leftOut, sqlState: undefined }
        : { detail: detail ?? '', sqlState: state }),
    }))
    return { ...nothingMerged, refused }
  }
}
