import type { Problem } from '../../adapters/http/problem.ts'
import { maxStreamConnections } from '../live/stream-hub.ts'

/** The error responses of the dashboard. */

export const notFound: Problem = {
  status: 404,
  title: 'Not found',
  detail: 'The page is at /. The API is described by /openapi.json.',
}

export const tilesNotFound: Problem = {
  status: 404,
  title: 'No map tiles',
  detail: 'dashboard.pmtilesFile is not set, or the file that it names cannot be read.',
}

export function unknownVehicle(vin: string): Problem {
  return {
    status: 404,
    title: 'Unknown vehicle',
    detail: `No reading of the vehicle ${JSON.stringify(vin.slice(0, 40))} is known.`,
  }
}

/** @param detail which parameter is wrong, and what it must be */
export function invalidQuery(detail: string): Problem {
  return { status: 400, title: 'Invalid query', detail }
}

/** @param retryAfterSeconds when the client may try again */
function unavailable(retryAfterSeconds: number, title: string, detail: string): Problem {
  return { status: 503, title, detail, headers: { 'retry-after': String(retryAfterSeconds) } }
}

export const streamLimitReached = unavailable(
  10,
  'Too many live connections',
  `The limit of ${maxStreamConnections} live connections is reached. Try again later.`,
)

/** @param limit of the streams of one client address */
export function clientStreamLimitReached(limit: number): Problem {
  return {
    status: 429,
    title: 'Too many live connections of one address',
    detail: `This client address has ${limit} live connections, the limit (dashboard.maxStreamsPerClient). Close a page, or try again later.`,
    headers: { 'retry-after': '10' },
  }
}

export const historyUnavailable = unavailable(
  5,
  'History cannot be read',
  'The database cannot be reached or took too long. Try again later, or request a shorter span.',
)

export const reportsUnavailable = unavailable(
  5,
  'Reports cannot be read',
  'The database cannot be reached or took too long. Try again later, or request fewer days.',
)

export const pipelinesUnavailable = unavailable(
  5,
  'Pipelines cannot be read',
  'The database cannot be reached or took too long. Try again later.',
)

export const pipelineNotChanged = unavailable(
  5,
  'The change failed',
  'The database cannot be reached, took too long or refused the change. Look at the state of the pipeline before you try again.',
)

export function unknownPipeline(name: string): Problem {
  return {
    status: 404,
    title: 'Unknown pipeline',
    detail: `No pipeline ${JSON.stringify(name.slice(0, 63))} is declared. GET /api/pipelines lists them.`,
  }
}

export function alreadyPaused(name: string): Problem {
  return {
    status: 409,
    title: 'Already paused',
    detail: `The pipeline ${name} is paused already. Nothing was changed.`,
  }
}

export function notPaused(name: string): Problem {
  return {
    status: 409,
    title: 'Not paused',
    detail: `The pipeline ${name} is not paused, or was paused again meanwhile. Nothing was changed.`,
  }
}

/** @param reason of the pause: it says what to do */
export function decisionNeeded(reason: string): Problem {
  return { status: 409, title: 'Decision needed', detail: reason }
}

export const tasksUnavailable = unavailable(
  5,
  'Tasks cannot be read',
  'The database cannot be reached or took too long. Try again later.',
)

export const taskNotChanged = unavailable(
  5,
  'The change failed',
  'The database cannot be reached, took too long or refused the change. Look at the state of the task before you try again. With an id of yours, POST /api/tasks can be repeated.',
)

export function unknownTask(id: string): Problem {
  return {
    status: 404,
    title: 'Unknown task',
    detail: `There is no task ${JSON.stringify(id.slice(0, 20))}. Tasks that ended more than seven days ago are deleted.`,
  }
}

export function noOutput(id: string): Problem {
  return {
    status: 404,
    title: 'No result',
    detail: `The task ${JSON.stringify(id.slice(0, 20))} has made no object in the bucket: it does not exist, is not complete, or its pipeline has no to.objects.`,
  }
}

/** @param reason what is wrong with the table */
export function outputTableUnknown(reason: string): Problem {
  return { status: 422, title: 'Choose a table', detail: `${reason} Add ?table=NAME.` }
}

export const outputUnavailable = unavailable(
  5,
  'The result cannot be read',
  'The result is not in the bucket yet, or the bucket or the database cannot be reached. Try again later.',
)

export function outputRemoved(key: string): Problem {
  return {
    status: 410,
    title: 'Result was removed',
    detail: `The object ${key} was removed from the bucket.`,
  }
}

export function taskHasEnded(id: number): Problem {
  return {
    status: 409,
    title: 'Task has ended',
    detail: `The task ${id} has ended already. It cannot be canceled.`,
  }
}

export function taskNotRetried(id: number): Problem {
  return {
    status: 409,
    title: 'Task not retried',
    detail: `The task ${id} is neither failed nor canceled, so it is not queued again.`,
  }
}

/** @param id that the client has chosen */
export function taskIdTaken(id: string): Problem {
  return {
    status: 409,
    title: 'Id is taken',
    detail: `The pipeline has another task with the id ${JSON.stringify(id)}: its method, parameters or key differ. Choose another id.`,
  }
}

/** @param detail what is wrong with the body, and what it must be */
export function invalidTask(detail: string): Problem {
  return { status: 400, title: 'Invalid task', detail }
}

export const taskBodyNotJson: Problem = {
  status: 415,
  title: 'Unsupported media type',
  detail: 'Send the task as a JSON object with the header Content-Type: application/json.',
}

/** @param detail why no pipeline runs the task, and what to do */
export function taskRefused(detail: string): Problem {
  return { status: 422, title: 'Task refused', detail }
}

export function unknownWorker(id: string): Problem {
  return {
    status: 404,
    title: 'Unknown worker',
    detail: `There is no worker ${JSON.stringify(id.slice(0, 20))}. GET /workers lists them.`,
  }
}

export const changesNeedToken: Problem = {
  status: 403,
  title: 'Changes need a token',
  detail:
    'Other machines reach this dashboard, and it has no token, so it changes nothing. Set dashboard.tokenFile, or use npm run pipeline and npm run tasks.',
}

export const tokenRequired: Problem = {
  status: 401,
  title: 'Token required',
  detail:
    'Send the header Authorization: Bearer TOKEN with the token of this dashboard, or get a session cookie from POST /api/session.',
  headers: { 'www-authenticate': 'Bearer' },
}

export const wrongHost: Problem = {
  status: 421,
  title: 'Host name not allowed',
  detail:
    'This dashboard accepts only the host names localhost, 127.0.0.1 and [::1]. To allow other names, set dashboard.tokenFile or dashboard.public.',
}

export const wrongToken: Problem = {
  status: 401,
  title: 'Wrong token',
  detail:
    'This is not the token of this dashboard. The token is in the file named by dashboard.tokenFile.',
  headers: { 'www-authenticate': 'Bearer' },
}
