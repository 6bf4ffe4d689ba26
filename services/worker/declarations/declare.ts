import type {
  PostgresPipelineStore,
  StoredPipeline,
  Transaction,
} from '../../adapters/postgres/pipelines/pipeline-store.ts'
import { columnsOfTable, hasUniqueKey } from '../../adapters/postgres/pipelines/pipeline-store.ts'
import { createTable } from '../../adapters/postgres/tables/create-table.ts'
import { relationOf } from '../../adapters/postgres/tables/table-statements.ts'
import { faultsOfChange } from '../../pipelines/declaration/compare-declarations.ts'
import type { ParsedDeclaration } from '../../pipelines/declaration/parse-pipeline.ts'
import { fromStored, isSameAsStored } from '../../pipelines/declaration/stored-declaration.ts'
import type {
  PipelineDeclaration,
  TaskDeclaration,
} from '../../pipelines/declaration/task-declaration.ts'
import {
  asFileDeclaration,
  isTaskDeclaration,
  ownTableOf,
} from '../../pipelines/declaration/task-declaration.ts'
import type { DeclaredRow } from '../../pipelines/decode/decode-record.ts'
import type { TableSchema } from '../../ledger/table-schema.ts'
import { toTableSchema } from '../../pipelines/declared-table.ts'
import { storedTopicOf } from '../../pipelines/grouped-topic.ts'
import { cycleFaults } from './cycles.ts'

/** A valid declaration and its file. */
export type Declared = Omit<ParsedDeclaration, 'ok'> & { readonly path: string }

/** The reasons of a pause that ends when the file is back. */
export const fileMissing = 'Its file was removed from the folder of the worker.'
export const removedFromBucket = 'Its file was removed from the bucket.'

/**
 * Puts a declaration into effect: creates the table or adds its new columns, and stores the
 * declaration. The table of a pipeline with tasks is created from their first rows. If the declaration cannot replace the present one, nothing changes.
 *
 * @returns sentences that tell why it was refused; empty if it is in effect
 */
export async function declare(store: PostgresPipelineStore, declared: Declared): Promise<string[]> {
  const { path, declaration } = declared
  const { name, isEnabled } = declaration
  const change = store.change(async (client, present) => {
    const ofCycle = faultsOfCycle(declared, present)
    const faults = ofCycle.length > 0 ? ofCycle : await faultsOf(client, present, declaration)
    if (faults.length > 0) return faults
    const table = declaredTableOf(declaration)
    if (table !== undefined) await prepareTable(client, present, { declaration, ...table })
    await store.declare(client, { name, file: path, declaration, isEnabled })
    return []
  })
  return change.catch((error: unknown) => [refusalOf(error, declaration)])
}

/**
 * Classes of SQLSTATE with which Postgres refuses a statement: feature not supported, data exception,
 * integrity constraint violation, dependent objects, syntax error or access rule violation, limit
 * exceeded, error in PL/pgSQL. Every other error is an outage.
 */
const refusalClasses: readonly string[] = ['0A', '22', '23', '2B', '42', '54', 'P0']

/** @throws the error if it is an outage */
function refusalOf(error: unknown, declaration: PipelineDeclaration): string {
  const { code, message } = error as Error & { readonly code?: unknown }
  const declared = declaredTableOf(declaration)
  if (declared === undefined) throw error
  if (typeof code !== 'string' || !refusalClasses.includes(code.slice(0, 2))) throw error
  const { relation } = declared
  return `The database has refused the table ${relation}: ${message}. Change the declaration or the database; the worker tries again.`
}

type DeclaredTable = { readonly schema: TableSchema<DeclaredRow>; readonly relation: string }

/** The table with the columns of the declaration; undefined if the first rows of tasks decide about its columns. */
function declaredTableOf(declaration: PipelineDeclaration): DeclaredTable | undefined {
  const described = isTaskDeclaration(declaration) ? tableOfFiles(declaration) : declaration
  if (described === undefined) return undefined
  const schema = toTableSchema(described)
  return { schema, relation: relationOf(schema) }
}

function tableOfFiles(
  declaration: TaskDeclaration,
): Parameters<typeof toTableSchema>[0] | undefined {
  const ofFiles = asFileDeclaration(declaration)
  return ofFiles && { table: ofFiles.to.table, columns: ofFiles.step.columns }
}

type ToPrepare = DeclaredTable & { readonly declaration: PipelineDeclaration }

async function prepareTable(
  client: Transaction,
  present: readonly StoredPipeline[],
  { schema, relation, declaration }: ToPrepare,
): Promise<void> {
  // Altering a table waits for all readers, so it is not done at each start.
  const stored = present.find(({ name }) => name === declaration.name)?.declaration
  const isSame = isSameAsStored(declaration, stored)
  if (isSame && (await columnsOfTable(client, relation)).size > 0) return
  await createTable(client, schema)
}

/** For pipelines of other folders, and those whose new files were refused, the declaration in effect counts. */
function faultsOfCycle(
  { declaration, valueAt }: Declared,
  present: readonly StoredPipeline[],
): string[] {
  const others = present.filter(
    ({ declaration: stored, pauseReason: reason }) =>
      stored !== null && reason !== fileMissing && reason !== removedFromBucket,
  )
  return cycleFaults(
    { declaration, valueAt },
    others.map((each) => fromStored(each.declaration)),
  )
}

async function faultsOf(
  client: Transaction,
  present: readonly StoredPipeline[],
  declaration: PipelineDeclaration,
): Promise<string[]> {
  const stored = present.find(({ name }) => name === declaration.name)?.declaration ?? undefined
  if (stored !== undefined) return faultsOfChange(fromStored(stored), declaration)
  const others = present.flatMap((each) =>
    each.declaration === null ? [] : [fromStored(each.declaration)],
  )
  const ofTable = await faultsOfTable(client, others, declaration)
  if (ofTable.length > 0) return ofTable
  const ofTopic = faultsOfGroupedTopic(others, declaration)
  if (ofTopic.length > 0) return ofTopic
  const ofKey = await faultsOfKey(client, declaration)
  return ofKey.length > 0 ? ofKey : faultsOfPresentTable(client, declaration)
}

/** A table of a user that tasks write must have the declared key, otherwise Postgres refuses every row. */
async function faultsOfKey(
  client: Transaction,
  declaration: PipelineDeclaration,
): Promise<string[]> {
  if (!isTaskDeclaration(declaration) || asFileDeclaration(declaration)) return []
  const { to } = declaration
  if (to.kind !== 'table' || to.table.key.length === 0) return []
  const { key } = to.table
  const relation = relationOf({ table: to.table.name, databaseSchema: 'data' })
  if ((await columnsOfTable(client, relation)).size === 0) return []
  if (await hasUniqueKey(client, relation, key)) return []
  const columns = key.join(', ')
  return [
    `The table ${relation} exists already, and has no primary key or unique index of (${columns}). Add it: ALTER TABLE ${relation} ADD PRIMARY KEY (${columns}). Or declare another table or key.`,
  ]
}

/** A table belongs to one pipeline, and not to the platform. */
async function faultsOfTable(
  client: Transaction,
  others: readonly PipelineDeclaration[],
  declaration: PipelineDeclaration,
): Promise<string[]> {
  const table = ownTableOf(declaration)
  if (table === undefined) return []
  const owner = others.find((other) => ownTableOf(other) === table)
  if (owner)
    return [`The table "${table}" belongs to the pipeline "${owner.name}"; choose another name.`]
  if ((await columnsOfTable(client, `public.${table}`)).size === 0) return []
  return [`The platform has a table "${table}"; choose another name.`]
}

function faultsOfGroupedTopic(
  others: readonly PipelineDeclaration[],
  declaration: PipelineDeclaration,
): string[] {
  if (isTaskDeclaration(declaration) || declaration.topic.groupBy === undefined) return []
  const groupedTopic = storedTopicOf(declaration)
  const writer = others.find(
    (other) =>
      !isTaskDeclaration(other) &&
      other.topic.groupBy !== undefined &&
      storedTopicOf(other) === groupedTopic,
  )
  if (writer === undefined) return []
  return [
    `The topic "${groupedTopic}" belongs to the pipeline "${writer.name}"; give the column of group_by another name.`,
  ]
}

async function faultsOfPresentTable(
  client: Transaction,
  declaration: PipelineDeclaration,
): Promise<string[]> {
  const relation = declaredTableOf(declaration)?.relation
  if (relation === undefined || (await columnsOfTable(client, relation)).size === 0) return []
  return [
    `The table ${relation} exists already, and no pipeline has created it. Drop it, or choose another name.`,
  ]
}
