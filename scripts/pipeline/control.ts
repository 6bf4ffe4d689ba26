import { InputError, UserError } from '../../infra/checks/user-error.ts'
import type { Pool } from '../../services/adapters/postgres/driver/connection.ts'
import { countRows } from '../../services/adapters/postgres/ledger/account-store.ts'
import type {
  PostgresPipelineStore,
  StoredPipeline,
} from '../../services/adapters/postgres/pipelines/pipeline-store.ts'
import { relationOf } from '../../services/adapters/postgres/tables/table-statements.ts'
import { TaskReader } from '../../services/adapters/postgres/tasks/task-reader.ts'
import { waitingWorkOf } from '../../services/ledger/tasks/waiting-work.ts'
import { rowImbalanceOf } from '../../services/ledger/ledger.ts'
import { fromStored } from '../../services/pipelines/declaration/stored-declaration.ts'
import type { PipelineDeclaration } from '../../services/pipelines/declaration/task-declaration.ts'
import {
  isTaskDeclaration,
  ownTableOf,
} from '../../services/pipelines/declaration/task-declaration.ts'
import { databaseSchema, toTableSchema } from '../../services/pipelines/declared-table.ts'
import { accountedPipeline } from '../../services/worker/pipelines/accounted-pipeline.ts'
import { print } from '../cli/output.ts'

/** Commands that change a pipeline. They print what they have done. */

/** @throws InputError with the names of the pipelines that exist */
export async function findPipeline(
  store: PostgresPipelineStore,
  name: string,
): Promise<StoredPipeline> {
  const pipelines = await store.list()
  const found = pipelines.find((pipeline) => pipeline.name === name)
  if (found) return found
  const names = pipelines.map((pipeline) => pipeline.name).join(', ')
  const others = names === '' ? 'none is declared' : `the declared ones are: ${names}`
  throw new InputError(`There is no pipeline "${name}"; ${others}.`)
}

export async function pause(
  store: PostgresPipelineStore,
  { name, reason }: { readonly name: string; readonly reason: string },
): Promise<number> {
  const { pauseReason, declaration } = await findPipeline(store, name)
  if (pauseReason !== undefined) {
    throw new InputError(`The pipeline ${name} is paused already: ${pauseReason}`)
  }
  await store.pause(name, reason)
  print(`Paused ${name}. ${waitingWorkOf(declaration as Readonly<Record<string, unknown>> | null)}`)
  return 0
}

export async function reset(
  { store, pool }: { readonly store: PostgresPipelineStore; readonly pool: Pool },
  { name, yes }: { readonly name: string; readonly yes: boolean },
  countMembers: (pipeline: StoredPipeline) => Promise<number>,
): Promise<number> {
  const pipeline = await findPipeline(store, name)
  if (pipeline.pauseReason === undefined) {
    throw new UserError(
      `The pipeline ${name} is not paused. First run: npm run pipeline -- pause ${name}`,
    )
  }
  if (pipeline.declaration === null) throw new InputError(`The pipeline ${name} is reset already.`)
  const declaration = fromStored(pipeline.declaration)
  const relation = relationOfPipeline(declaration)
  const what = whatIsDeleted(declaration, relation)
  if (!yes) {
    print(`Would delete ${what}. Add --yes to do it.`)
    return 0
  }
  const { running } = await new TaskReader(pool).account(name)
  if (running > 0 || (await countMembers(pipeline)) > 0) {
    throw new UserError(`A worker still runs the pipeline ${name}. Try again in some seconds.`)
  }
  await store.change((client) => store.reset(client, name, relation))
  print(`Deleted ${what}. npm run pipeline -- resume ${name} begins again.`)
  return 0
}

/** The table that only this pipeline writes. */
function relationOfPipeline(declaration: PipelineDeclaration): string | undefined {
  if (!isTaskDeclaration(declaration)) return relationOf(toTableSchema(declaration))
  const table = ownTableOf(declaration)
  return table === undefined ? undefined : relationOf({ databaseSchema, table })
}

function whatIsDeleted(declaration: PipelineDeclaration, relation: string | undefined): string {
  const { name } = declaration
  const table = relation === undefined ? '' : `the table ${relation} with all its rows, and `
  if (!isTaskDeclaration(declaration)) return `${table}the ledgers and dead letters of ${name}`
  return `${table}the tasks, unsent messages, ledgers and dead letters of ${name}`
}

export async function accept(
  store: PostgresPipelineStore,
  { name, yes }: { readonly name: string; readonly yes: boolean },
  pool: Pool,
): Promise<number> {
  const { declaration } = await findPipeline(store, name)
  if (declaration === null) throw new InputError(`The pipeline ${name} is reset; it has no rows.`)
  const present = fromStored(declaration)
  if (isTaskDeclaration(present)) {
    throw new InputError(
      `The pipeline ${name} makes tasks. Its rows are not counted, so there is nothing to accept.`,
    )
  }
  const accounted = accountedPipeline(present)
  const off = rowImbalanceOf(await countRows(pool, accounted))
  if (off === 0) {
    print(`The rows of ${name} agree with its ledgers. There is nothing to accept.`)
    return 0
  }
  const difference = off < 0 ? `${-off} missing rows` : `${off} additional rows`
  if (!yes) {
    print(`Would accept ${difference} of ${name}. Add --yes to do it.`)
    return 0
  }
  await store.acceptRemovedRows(name, -off)
  print(`Accepted ${difference} of ${name}. The next account check expects the present number.`)
  return 0
}
