import * as z from 'zod'
import type { Json } from '../../adapters/http/openapi.ts'
import {
  problemResponse as problem,
  refusalsOfForeignPages,
  retryLater,
  tokenRefused,
} from '../../adapters/http/openapi.ts'
import { newTaskBody } from '../tasks/parse-new-task.ts'

/** The part of the document about tasks and workers. */

const idInPath = (example: number): Json => ({
  name: 'id',
  in: 'path',
  required: true,
  schema: { type: 'integer', minimum: 1, maximum: 999_999_999_999_999 },
  example,
})

export const taskId = idInPath(17)
export const workerId = idInPath(3)

export const unknownTask = problem(
  'There is no task with this id. Tasks that ended more than seven days ago are deleted.',
)
export const unknownWorker = problem('There is no worker with this id.')

export const readsTasks: Json = {
  503: retryLater(
    'The database cannot be reached or took too long, or the memory for responses is full.',
  ),
}

const changesTasks: Json = {
  401: tokenRefused('The token or the session cookie is missing or wrong.'),
  ...refusalsOfForeignPages('post'),
  403: problem(
    'A page of another website sent this, or this dashboard is public and has no token.',
  ),
  ...readsTasks,
}

type TaskChanges = { readonly make: Json; readonly cancel: Json; readonly retry: Json }

/** @param content of the successful responses: the task after the change */
export function taskChanges(content: Json): TaskChanges {
  return {
    make: makeTask(content),
    cancel: changeOf(content, {
      summary:
        'Cancels a task: one that waits at once. The handler of one that runs is asked to stop, and is killed after five seconds',
      done: 'Canceled, or requested: `isCancelRequested`.',
      conflict: 'The task is complete or has failed.',
    }),
    retry: changeOf(content, {
      summary: 'Queues a failed or canceled task again, with all its attempts',
      done: 'Queued.',
      conflict: 'The task is neither failed nor canceled.',
    }),
  }
}

function makeTask(content: Json): Json {
  const { $schema: _, ...schema } = z.toJSONSchema(newTaskBody, { io: 'input' })
  return {
    summary:
      'Makes a task: a worker calls the handler with the parameters. Repeat the request with the same `id` if there is no response: it makes no second task',
    requestBody: {
      required: true,
      content: {
        'application/json': {
          schema,
          example: {
            method: 'fleet_daily_summary',
            params: { day: '2026-01-30' },
            id: 'summary-2026-01-30',
          },
        },
      },
    },
    responses: {
      200: { description: 'The task that was made with this id before.', content },
      201: { description: 'The new task.', content },
      400: problem('The body is not valid.'),
      ...changesTasks,
      409: problem('The pipeline has another task with this id.'),
      413: problem('The body is over 1 MiB.'),
      415: problem('The body is not JSON, or has an unknown charset or compression.'),
      422: problem(
        'No pipeline, or more than one, can run the method; the detail says what to do.',
      ),
    },
  }
}

type ChangeDetails = {
  readonly summary: string
  readonly done: string
  /** What the status 409 means. */
  readonly conflict: string
}

function changeOf(content: Json, { summary, done, conflict }: ChangeDetails): Json {
  return {
    post: {
      summary,
      parameters: [taskId],
      responses: {
        200: { description: done, content },
        400: problem('The path is not valid.'),
        ...changesTasks,
        404: unknownTask,
        409: problem(conflict),
      },
    },
  }
}
