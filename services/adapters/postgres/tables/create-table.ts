import type pg from 'pg'
import type { TableSchema } from '../../../ledger/table-schema.ts'
import { columnComment, quote, relationOf, sqlTypeOf } from './table-statements.ts'

/**
 * Creates the table of a schema unless it exists, adds the columns that it does not have, and sets the
 * comments of its columns.
 */
export async function createTable<Row>(
  client: pg.Pool | pg.PoolClient,
  schema: TableSchema<Row>,
): Promise<void> {
  const { columns, key } = schema
  const relation = relationOf(schema)
  const definitions = columns.map((column) => `${quote(column.name)} ${sqlTypeOf(column)}`)
  const additions = definitions.map((definition) => `ADD COLUMN IF NOT EXISTS ${definition}`)
  const primaryKey = key.length === 0 ? [] : [`PRIMARY KEY (${key.map(quote).join(', ')})`]
  const parts = [...definitions, ...primaryKey].join(', ')
  const comments = columns
    .filter(({ comment }) => comment !== '')
    .map((column) => columnComment(relation, column))
  const statements = [
    `CREATE TABLE IF NOT EXISTS ${relation} (${parts})`,
    `ALTER TABLE ${relation} ${additions.join(', ')}`,
    ...comments,
  ]
  await client.query(statements.join(';\n'))
}
