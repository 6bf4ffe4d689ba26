import { randomUUID } from 'node:crypto'
import type { RequestHandler, Response } from 'express'
import express, { Router } from 'express'
import * as z from 'zod'
import type { Problem } from '../../adapters/http/problem.ts'
import { sendJson, sendProblem } from '../../adapters/http/problem.ts'
import { allowOnly } from '../../adapters/http/routing.ts'
import type { StoredTask } from '../../adapters/postgres/tasks/task-reader.ts'
import type { Logger } from '../../runtime/logger.ts'
import { errorFields } from '../../runtime/logger.ts'
import { taskStates } from '../../ledger/tasks/task.ts'
import type { Tasks } from '../api/tasks.ts'
import {
  changesNeedToken,
  invalidTask,
  taskBodyNotJson,
  taskHasEnded,
  taskIdTaken,
  taskNotChanged,
  taskNotRetried,
  taskRefused,
  tasksUnavailable,
  unknownTask,
} from '../http/problems.ts'
import { Query } from '../http/query.ts'
import { integer, oneOf, text } from '../http/query-parameters.ts'
import { parseNewTask } from './parse-new-task.ts'
import type { ParsedTask } from './parse-new-task.ts'
import type { TaskOperator } from './task-operator.ts'
import { toTask, toTaskCounts, toTaskDetails } from './task-view.ts'
import type { WorkReader } from './work-reader.ts'

export type TaskRoutesOptions = {
  readonly reader: WorkReader
  readonly operator: TaskOperator
  readonly mayChange: boolean
  readonly logger: Logger
}

/** The parameters of `GET /api/tasks`. */
export const tasksQuery = z.object({
  pipeline: text(63).optional().describe('Only tasks of this pipeline.'),
  state: oneOf(taskStates).optional().describe('Only tasks in this state.'),
  limit: integer({ min: 1, max: 200 }).default(50).describe('Maximum number of tasks per page.'),
  before: integer({ min: 1, max: 999_999_999_999_999 })
    .optional()
    .describe('The `next` of the previous response. Default: the first page.'),
})

/** Parameters of a task may be as long as a message of Kafka. */
const maxTaskBytes = 1024 * 1024

/** The routes of the tasks. Requests of other websites do not arrive here (`guarded`). */
export function taskRoutes(options: TaskRoutesOptions): Router {
  const router = Router()
  const body = express.text({ type: 'application/json', limit: maxTaskBytes })
  router
    .route('/tasks')
    .get(list(options))
    .post(body, change(options, make))
    .all(allowOnly('GET, POST'))
  router
    .route('/tasks/:id')
    .get(async (request, response) => {
      const { id } = request.params
      const task = await options.reader.task(idOf(id))
      if (task === undefined) sendProblem(response, tasksUnavailable)
      else if (task === 'unknown') sendProblem(response, unknownTask(id))
      else sendJson(response, 200, toTaskDetails(task))
    })
    .all(allowOnly('GET'))
  router.route('/tasks/:id/cancel').post(change(options, cancel)).all(allowOnly('POST'))
  router.route('/tasks/:id/retry').post(change(options, retry)).all(allowOnly('POST'))
  return router
}

/** The id of a path; 0 if there can be no such task. */
export const idOf = (text: string): number => (/^[1-9]\d{0,14}$/.test(text) ? Number(text) : 0)

function list({ reader, mayChange }: TaskRoutesOptions): RequestHandler {
  return async (request, response) => {
    const filter = new Query(request.url).read(tasksQuery)
    const found = await reader.tasks(filter)
    if (found === undefined) {
      sendProblem(response, tasksUnavailable)
      return
    }
    const { tasks, counts } = found
    const last = tasks.length === filter.limit ? tasks.at(-1) : undefined
    const answer: Tasks = {
      tasks: tasks.map(toTask),
      counts: toTaskCounts(counts),
      next: last?.id ?? null,
      mayChange,
    }
    sendJson(response, 200, answer)
  }
}

/** The task after a change and the status of the response, or why it was not changed. */
type Changed =
  { readonly status: 200 | 201; readonly task: StoredTask } | { readonly problem: Problem }

type Change = (
  operator: TaskOperator,
  request: { readonly id: string; readonly body: unknown },
) => Promise<Changed>

const make: Change = async (operator, { body }) => {
  if (typeof body !== 'string') return { problem: taskBodyNotJson }
  const parsed = parseNewTask(body)
  if (!parsed.ok) return { problem: invalidTask(parsed.reason) }
  const { id = randomUUID() } = parsed.task
  const made = await operator.make({ ...parsed.task, id })
  if (made.kind === 'refused') return { problem: taskRefused(made.reason) }
  const { task, isNew } = made
  if (isNew) return { status: 201, task }
  return isSame(task, parsed.task) ? { status: 200, task } : { problem: taskIdTaken(id) }
}

function isSame(task: StoredTask, { method, params, transactionKey }: ParsedTask): boolean {
  return task.method === method && task.params === params && task.transactionKey === transactionKey
}

const cancel: Change = async (operator, { id }) => {
  const outcome = await operator.cancel(idOf(id))
  if (outcome === 'unknown') return { problem: unknownTask(id) }
  return outcome === 'ended' ? { problem: taskHasEnded(idOf(id)) } : { status: 200, task: outcome }
}

const retry: Change = async (operator, { id }) => {
  const outcome = await operator.retry(idOf(id))
  if (outcome === 'unknown') return { problem: unknownTask(id) }
  return outcome === 'not-ended'
    ? { problem: taskNotRetried(idOf(id)) }
    : { status: 200, task: outcome }
}

/** Answers with the task after the change. */
function change(
  { operator, mayChange, logger }: TaskRoutesOptions,
  apply: Change,
): RequestHandler<{ id?: string }> {
  return async ({ params: { id = '' }, body }, response) => {
    if (!mayChange) {
      sendProblem(response, changesNeedToken)
      return
    }
    try {
      sendChanged(response, await apply(operator, { id, body }), logger)
    } catch (error) {
      logger.warn({ ...errorFields(error), task: id }, 'task-not-changed')
      sendProblem(response, taskNotChanged)
    }
  }
}

function sendChanged(response: Response, changed: Changed, logger: Logger): void {
  if ('problem' in changed) {
    sendProblem(response, changed.problem)
    return
  }
  const { status, task } = changed
  const { id, pipeline, state } = task
  logger.info({ task: id, pipeline, state }, 'task-changed')
  sendJson(response, status, toTaskDetails(task))
}
