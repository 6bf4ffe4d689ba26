import type { Json } from '../../adapters/http/openapi.ts'
import { taskStates } from '../../ledger/tasks/task.ts'
import type * as tasks from '../api/tasks.ts'
import type { Properties } from './schema-parts.ts'
import {
  count,
  flag,
  integer,
  list,
  object,
  orNull,
  ref,
  refOrNull,
  text,
  time,
} from './schema-parts.ts'

/** The schemas of the responses about tasks and workers. */

const progress: Json = { type: ['number', 'null'], minimum: 0, maximum: 1 }
const state: Json = { enum: taskStates }
const workerStates: readonly tasks.WorkerState[] = [
  ...(['idle', 'working', 'draining', 'stopped', 'lost'] as const),
]

const task: Properties<tasks.Task> = {
  id: count,
  pipeline: text,
  unit: text,
  method: text,
  state,
  isCancelRequested: flag,
  attempt: count,
  progress,
  rows: orNull(count),
  worker: refOrNull(object<NonNullable<tasks.Task['worker']>>({ id: count, name: orNull(text) })),
  fault: refOrNull(object<NonNullable<tasks.Task['fault']>>({ code: text, message: text })),
  madeAt: time,
  startedAt: orNull(time),
  endedAt: orNull(time),
}

export const taskSchemas = {
  Task: object<tasks.TaskDetails>({
    ...task,
    params: text,
    transactionKey: orNull(text),
    log: list(text),
  }),
  Tasks: object<tasks.Tasks>({
    tasks: list(object<tasks.Task>(task)),
    counts: list(object<tasks.TaskCount>({ pipeline: text, state, count })),
    next: { ...orNull(integer), description: 'The `before` of the next page; null on the last.' },
    mayChange: flag,
  }),
  Worker: object<tasks.TaskWorker>({
    id: count,
    name: text,
    ip: text,
    host: text,
    start_date: time,
    total_processed: count,
    total_success: count,
    last_processed: orNull(time),
    state: { enum: workerStates },
    current: list(
      object<tasks.TaskWorker['current'][number]>({
        task: count,
        pipeline: text,
        method: text,
        progress,
      }),
    ),
    lag: count,
  }),
  Workers: object<tasks.TaskWorkers>({ workers: list(ref('Worker')) }),
}
