import type pg from 'pg'
import type { TableSchema } from '../../../ledger/table-schema.ts'
import { columnComment, quote, relationOf, sqlTypeOf } from './table-statements.ts'

/** Creates the table of a schema unless it exists, and sets the comments of its columns. */
export async function createTable<Row>(
  client: pg.Pool | pg.PoolClient,
  schema: TableSchema<Row>,
): Promise<void> {
  const { columns, key } = schema
  const relation = relationOf(schema)
  const definitions = columns.map((column) => `${quote(column.name)} ${sqlTypeOf(column)}`)
  const primaryKey = key.length === 0 ? [] : [`PRIMARY KEY (${key.map(quote).join(', ')})`]
  const parts = [...definitions, ...primaryKey].join(', ')
  const comments = columns
    .filter(({ comment }) => comment !== '')
    .map((column) => columnComment(relation, column))
  await client.query([`CREATE TABLE IF NOT EXISTS ${relation} (${parts})`, ...comments].join(';\n'))
}
