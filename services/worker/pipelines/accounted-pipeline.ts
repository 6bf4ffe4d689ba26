import type { AccountedPipeline } from '../../adapters/postgres/ledger/account-store.ts'
import { acceptedRows } from '../../adapters/postgres/pipelines/pipeline-store.ts'
import { relationOf } from '../../adapters/postgres/tables/table-statements.ts'
import type { Declaration } from '../../pipelines/declaration/declaration.ts'
import { toTableSchema } from '../../pipelines/declared-table.ts'

/** A declared pipeline and its table. Rows that users have deleted and accepted are not missing. */
export function accountedPipeline(declaration: Declaration): AccountedPipeline {
  const { name } = declaration
  return {
    pipeline: name,
    relation: relationOf(toTableSchema(declaration)),
    removedRows: (client) => acceptedRows(client, name),
  }
}
