import { InputError, UserError } from '../../infra/checks/user-error.ts'
import type { Pool } from '../../services/adapters/postgres/driver/connection.ts'
import { PostgresPipelineStore } from '../../services/adapters/postgres/pipelines/pipeline-store.ts'
import { TaskQueue } from '../../services/adapters/postgres/tasks/task-queue.ts'
import { TaskReader } from '../../services/adapters/postgres/tasks/task-reader.ts'
import { countByState } from '../../services/adapters/postgres/tasks/work-now.ts'
import { print, printJson } from '../cli/output.ts'
import { showOutput } from './output.ts'
import type { RunningPlatform } from '../targets/target.ts'
import type { TasksRequest } from './request.ts'
import { countTable, describeTask, taskTable, toJson } from './text.ts'

/** Answers `npm run tasks`. @returns exit code 1 if something that was asked for is not done */
export function answer(
  pool: Pool,
  request: TasksRequest,
  bucket: RunningPlatform['bucket'],
): Promise<number> {
  switch (request.kind) {
    case 'list':
      return list(pool, request)
    case 'show':
      return show(pool, request)
    case 'output':
      return bucket().then((settings) => showOutput(pool, settings, request))
    case 'cancel':
      return cancel(pool, request.ids)
    case 'retry':
      return retry(pool, request.ids)
    case 'retry-all':
      return retryAll(pool, request)
    default:
      return request satisfies never
  }
}

async function list(
  pool: Pool,
  { pipeline, state, limit, json }: Extract<TasksRequest, { kind: 'list' }>,
): Promise<number> {
  if (pipeline !== undefined) await requirePipeline(pool, pipeline)
  const tasks = await new TaskReader(pool).list({ pipeline, state, limit })
  const counts = (await countByState(pool)).filter(
    (each) => pipeline === undefined || each.pipeline === pipeline,
  )
  if (json) {
    printJson({ tasks: tasks.map(toJson), counts })
    return 0
  }
  if (tasks.length === 0) {
    const isFiltered = pipeline !== undefined || state !== undefined
    print(isFiltered && counts.length > 0 ? 'No task matches.' : 'No task has been made yet.')
    return 0
  }
  const more = tasks.length === limit ? `\n\nShowing the newest ${limit}. --limit shows more.` : ''
  print(`${taskTable(tasks)}\n\n${countTable(counts)}${more}`)
  return 0
}

async function show(
  pool: Pool,
  { id, json }: Extract<TasksRequest, { kind: 'show' }>,
): Promise<number> {
  const task = await new TaskReader(pool).find(id)
  if (task === undefined) throw new InputError(unknownTask(id))
  if (json) printJson(toJson(task))
  else print(describeTask(task))
  return 0
}

const unknownTask = (id: number): string =>
  `There is no task ${id}. Tasks that ended more than seven days ago are deleted. npm run tasks -- list shows the newest.`

async function cancel(pool: Pool, ids: readonly number[]): Promise<number> {
  const queue = new TaskQueue(pool)
  let code = 0
  for (const id of ids) {
    const outcome = await queue.cancel(id)
    switch (outcome?.kind) {
      case 'canceled':
        print(`Canceled the task ${id}. It had not started.`)
        break
      case 'requested':
        print(`Asked the worker of the task ${id} to cancel it. npm run tasks -- show ${id}`)
        break
      case 'ended':
        print(`The task ${id} has ended already: ${outcome.state}.`)
        if (outcome.state !== 'canceled') code = 1
        break
      case undefined:
        print(unknownTask(id))
        code = 1
        break
      default:
        outcome satisfies never
    }
  }
  return code
}

async function retry(pool: Pool, ids: readonly number[]): Promise<number> {
  const queued = new Set(await new TaskQueue(pool).retry(ids))
  const reader = new TaskReader(pool)
  for (const id of ids) {
    if (queued.has(id)) {
      print(`Queued the task ${id} again.`)
      continue
    }
    const task = await reader.find(id)
    if (task === undefined) print(unknownTask(id))
    else print(`The task ${id} is ${task.state}. Only failed and canceled tasks can be retried.`)
  }
  return queued.size === new Set(ids).size ? 0 : 1
}

async function retryAll(
  pool: Pool,
  { pipeline, state }: Extract<TasksRequest, { kind: 'retry-all' }>,
): Promise<number> {
  await requirePipeline(pool, pipeline)
  const count = await new TaskQueue(pool).retryAll({ pipeline, state })
  print(
    count === 0
      ? `The pipeline ${pipeline} has no ${state} task.`
      : `Queued ${count} ${state} ${count === 1 ? 'task' : 'tasks'} of ${pipeline} again.`,
  )
  return 0
}

/** A pipeline without tasks may be one whose records become rows. */
async function requirePipeline(pool: Pool, name: string): Promise<void> {
  const names = (await new PostgresPipelineStore(pool).list()).map((pipeline) => pipeline.name)
  const counted = (await countByState(pool)).map(({ pipeline }) => pipeline)
  if (names.includes(name) || counted.includes(name)) return
  const others =
    names.length === 0 ? 'none is declared' : `the declared ones are: ${names.join(', ')}`
  throw new InputError(`There is no pipeline "${name}"; ${others}.`)
}

/** @throws UserError instead of an error of the database */
export async function orUserError<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof UserError || !isDatabaseError(error)) throw error
    throw new UserError(`The database cannot be used (${(error as Error).message}).`)
  }
}

/** Errors of connections and of the server have a code. */
const isDatabaseError = (error: unknown): boolean =>
  typeof (error as { code?: unknown }).code === 'string'
