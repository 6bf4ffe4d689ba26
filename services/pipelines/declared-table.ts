import type { RecordPosition } from '../ledger/receipt.ts'
import type { Column, TableSchema } from '../ledger/table-schema.ts'
import { positionColumns } from '../ledger/table-schema.ts'
import type { Declaration } from './declaration/declaration.ts'
import type { DeclaredRow } from './decode/decode-record.ts'

/** The schema of the database that holds all declared tables. */
export const databaseSchema = 'data'

/** The part of a declaration that describes its table. */
type TableOfDeclaration = Pick<Declaration, 'columns' | 'table'>

/** The table that a declaration describes. */
export function toTableSchema(declaration: TableOfDeclaration): TableSchema<DeclaredRow> {
  const { name: table, key, onConflict } = declaration.table
  const columns = declaration.columns.map((column, index): Column<DeclaredRow> => {
    const { name, comment, type, precision, scale } = column
    return {
      ...{ name, comment, type, isCompared: true },
      ...(precision === undefined ? {} : { precision }),
      ...(scale === undefined ? {} : { scale }),
      valueOf: ({ values }) => values[index] ?? null,
    }
  })
  return {
    ...{ table, databaseSchema, key, onConflict },
    columns: [...columns, ...positionColumnsOf(declaration)],
    encodedOf: ({ encoded }) => encoded,
    conflictDetail: `The table "${table}" has a row with the same ${key.join(', ')} and other values.`,
  }
}

/** The columns that follow those of the declaration. */
export function positionColumnsOf({ table }: Pick<Declaration, 'table'>): Column<RecordPosition>[] {
  return table.onConflict.kind === 'keep' ? [] : positionColumns((position) => position)
}
