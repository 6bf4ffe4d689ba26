import { randomUUID } from 'node:crypto'
import { InputError, UserError } from '../../infra/checks/user-error.ts'
import type { Pool } from '../../services/adapters/postgres/driver/connection.ts'
import { PostgresPipelineStore } from '../../services/adapters/postgres/pipelines/pipeline-store.ts'
import { TaskQueue } from '../../services/adapters/postgres/tasks/task-queue.ts'
import type { StoredTask } from '../../services/adapters/postgres/tasks/task-reader.ts'
import { TaskReader } from '../../services/adapters/postgres/tasks/task-reader.ts'
import { toApiUnit } from '../../services/ledger/tasks/api-unit.ts'
import { toCandidates } from '../../services/pipelines/tasks/stored-tasks.ts'
import { choosePipeline } from '../../services/pipelines/tasks/choose-pipeline.ts'
import { sleep } from '../../services/runtime/retry.ts'
import { print, printProgress } from '../cli/output.ts'
import type { JobRequest } from './request.ts'
import { faultOf, isEnded, progressOf, stateInWords } from './text.ts'

/** How often the task is looked at. */
const intervalMs = 250

/** `npm run job`: makes a task, and waits for its end if it is asked to. @returns the exit code */
export async function runJob(
  pool: Pool,
  request: JobRequest,
  signal: AbortSignal,
): Promise<number> {
  const { method, params, transactionKey, id = randomUUID() } = request
  const pipelines = await new PostgresPipelineStore(pool).list()
  const chosen = choosePipeline(toCandidates(pipelines), request)
  if (chosen.kind === 'refused') throw new InputError(chosen.reason)
  const { name } = chosen
  const unit = toApiUnit(id)
  const queue = new TaskQueue(pool)
  const [task] = await queue.insert(name, [{ unit, method, params, transactionKey }])
  if (task === undefined) throw new Error('the task was not made')
  const pause = pipelines.find((pipeline) => pipeline.name === name)?.pauseReason
  print(
    task.isNew
      ? `Made the task ${task.id} of the pipeline ${name}.`
      : `The pipeline ${name} has a task with this id already: ${task.id}.`,
  )
  if (pause !== undefined) print(`The pipeline is paused, so the task waits: ${pause}`)
  return request.wait ? waitForEnd(new TaskReader(pool), task.id, signal) : 0
}

/** Prints each change until the task has ended. */
async function waitForEnd(reader: TaskReader, id: number, signal: AbortSignal): Promise<number> {
  let shown = ''
  while (!signal.aborted) {
    const task = await reader.find(id)
    if (task === undefined) throw new UserError(`The task ${id} was deleted.`)
    if (isEnded(task)) {
      print(describeEnd(task))
      return task.state === 'complete' ? 0 : 1
    }
    const line = describeNow(task)
    if (line !== shown) printProgress(line)
    shown = line
    await sleep(intervalMs, signal)
  }
  print(`The task ${id} goes on. npm run tasks -- show ${id}`)
  return 1
}

function describeNow(task: StoredTask): string {
  const { id, attempt } = task
  const progress = progressOf(task)
  const parts = [
    `task ${id}: ${stateInWords(task)}`,
    ...(attempt > 1 ? [`attempt ${attempt}`] : []),
    ...(progress === '' ? [] : [progress]),
    // Of the attempt before.
    ...(task.code === null ? [] : [faultOf(task)]),
  ]
  return parts.join(', ')
}

function describeEnd(task: StoredTask): string {
  const { id, state, rows, attempt } = task
  switch (state) {
    case 'complete':
      return `The task ${id} is complete${rows === null ? '' : `: ${rows} ${rows === 1 ? 'row' : 'rows'}`}.`
    case 'canceled':
      return `The task ${id} was canceled.`
    default:
      return `The task ${id} has ${state}${attempt > 1 ? ` after ${attempt} attempts` : ''}. ${faultOf(task)}`
  }
}
