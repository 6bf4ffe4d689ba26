import type pg from 'pg'
import type { TableSchema } from '../../../ledger/table-schema.ts'
import { sqlStatement } from '../sql-file.ts'
import { placeholdersOf } from './table-statements.ts'

/** A table or partition. All but the name is null if it has no primary key. */
type KeyRow = {
  readonly name: string
  readonly columns: readonly string[] | null
  readonly is_valid: boolean | null
  readonly is_deferrable: boolean | null
}

/** The table has not the primary key that keeps a record from being stored twice. */
export class PrimaryKeyError extends Error {
  readonly code = 'PRIMARY_KEY'
  constructor(fault: string, key: readonly string[]) {
    super(
      `${fault} It must be (${key.join(', ')}), valid and not deferrable: without it a reading that is sent twice is stored twice. Restore the primary key as described in docs/table.md, then start again.`,
    )
    this.name = 'PrimaryKeyError'
  }
}

/**
 * Checks the primary key of the table and of its partitions. The order of its columns may differ. A
 * table whose schema has no key is not checked.
 *
 * @throws PrimaryKeyError
 */
export async function checkPrimaryKey<Row>(
  client: pg.Pool | pg.PoolClient,
  schema: TableSchema<Row>,
): Promise<void> {
  if (schema.key.length === 0) return
  const statement = sqlStatement('primary-keys', placeholdersOf(schema))
  const { rows } = await client.query<KeyRow>(statement)
  for (const row of rows) {
    const fault = faultOf(row, schema.key)
    if (fault !== undefined) throw new PrimaryKeyError(fault, schema.key)
  }
}

function faultOf(row: KeyRow, key: readonly string[]): string | undefined {
  const { name, columns } = row
  if (columns === null) return `The table "${name}" has no primary key.`
  const isSame = [...columns].sort().join() === [...key].sort().join()
  if (!isSame) return `The primary key of the table "${name}" is (${columns.join(', ')}).`
  if (row.is_deferrable === true) return `The primary key of the table "${name}" is deferrable.`
  if (row.is_valid !== true) return `The primary key of the table "${name}" is not valid.`
  return undefined
}
