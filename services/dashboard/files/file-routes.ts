import type { Request, RequestHandler, Response } from 'express'
import { Router } from 'express'
import * as z from 'zod'
import { sendJson, sendProblem, sendText } from '../../adapters/http/problem.ts'
import { allowOnly } from '../../adapters/http/routing.ts'
import { fileStates } from '../../ledger/tasks/task.ts'
import type { Logger } from '../../runtime/logger.ts'
import { errorFields } from '../../runtime/logger.ts'
import type { Files } from '../api/files.ts'
import {
  bodyTooLarge,
  fileHasEnded,
  fileNotChanged,
  fileNotUploaded,
  filesUnavailable,
  fileUnmatched,
  unknownFile,
  uploadRefused,
} from './file-problems.ts'
import { changesNeedToken } from '../http/problems.ts'
import { Query } from '../http/query.ts'
import { integer, oneOf, text } from '../http/query-parameters.ts'
import { idOf } from '../tasks/task-routes.ts'
import { toErrorText } from './error-text.ts'
import { toFile } from './file-view.ts'
import type { FileWork } from './file-work.ts'
import { nameTaken } from './file-work.ts'
import { limitContent, TooLargeError } from './limited-content.ts'

export type FileRoutesOptions = {
  readonly work: FileWork
  /** The longest file that can be uploaded. */
  readonly maxUploadBytes: number
  readonly mayChange: boolean
  readonly logger: Logger
}

/** The parameters of `GET /api/files`. */
export const filesQuery = z.object({
  pipeline: text(63).optional().describe('Only files of this pipeline.'),
  state: oneOf(fileStates).optional().describe('Only files in this state.'),
  key: text(1_024).optional().describe('Only files that were found at this path in the bucket.'),
  limit: integer({ min: 1, max: 200 }).default(50).describe('Maximum number of files per page.'),
  before: integer({ min: 1, max: 999_999_999_999_999 })
    .optional()
    .describe('The `next` of the previous response. Default: the first page.'),
})

/** The routes of the files. Requests of other websites do not arrive here (`guarded`). */
export function fileRoutes(options: FileRoutesOptions): Router {
  const router = Router()
  router.route('/files').get(list(options)).all(allowOnly('GET'))
  router.route('/files/:id').get(show(options)).all(allowOnly('GET'))
  router.route('/files/:id/errors').get(showErrors(options)).all(allowOnly('GET'))
  router.route('/files/:id/cancel').post(cancel(options)).all(allowOnly('POST'))
  router.route('/files/:pipeline/:name').put(upload(options)).all(allowOnly('PUT'))
  return router
}

function list({ work, mayChange, maxUploadBytes }: FileRoutesOptions): RequestHandler {
  return async (request, response) => {
    const filter = new Query(request.url).read(filesQuery)
    const page = await work.page(filter)
    if (page === undefined) {
      sendProblem(response, filesUnavailable)
      return
    }
    const { files, counts, inboxes } = page
    const last = files.length === filter.limit ? files.at(-1) : undefined
    const answer: Files = {
      ...{ files: files.map(toFile), counts, inboxes, next: last?.id ?? null, mayChange },
      maxUploadBytes: work.isEnabled ? maxUploadBytes : null,
    }
    sendJson(response, 200, answer)
  }
}

type ById = RequestHandler<{ id: string }>

function show({ work }: FileRoutesOptions): ById {
  return async ({ params: { id } }, response) => {
    const file = await work.file(idOf(id))
    if (file === undefined) sendProblem(response, filesUnavailable)
    else if (file === 'unknown') sendProblem(response, unknownFile(id))
    else sendJson(response, 200, toFile(file))
  }
}

function showErrors({ work }: FileRoutesOptions): ById {
  return async ({ params: { id } }, response) => {
    const file = await work.file(idOf(id))
    const letters = typeof file === 'object' ? await work.lineLetters(file) : []
    if (file === 'unknown') sendProblem(response, unknownFile(id))
    else if (file === undefined || letters === undefined) sendProblem(response, filesUnavailable)
    else {
      response.attachment(`${toFile(file).name}.error_log`)
      const headers = { 'content-type': 'text/plain; charset=utf-8' }
      sendText(response, toErrorText(file, letters), { status: 200, headers })
    }
  }
}

/** Cancels a file. The path of Cast Iron has the same handler. */
export function cancel({ work, mayChange, logger }: FileRoutesOptions): ById {
  return async ({ params: { id } }, response) => {
    if (!mayChange) {
      sendProblem(response, changesNeedToken)
      return
    }
    try {
      const file = await work.cancel(idOf(id))
      if (file === 'unknown') sendProblem(response, unknownFile(id))
      else if (file === 'ended') sendProblem(response, fileHasEnded(idOf(id)))
      else if (file === 'unmatched') sendProblem(response, fileUnmatched(idOf(id)))
      else {
        logger.info({ file: file.key, pipeline: file.pipeline }, 'file-cancel-requested')
        sendJson(response, 200, toFile(file))
      }
    } catch (error) {
      logger.warn({ ...errorFields(error), file: id }, 'file-not-changed')
      sendProblem(response, fileNotChanged)
    }
  }
}

type ToUpload = Request<{ pipeline: string; name: string }>

function upload(options: FileRoutesOptions): RequestHandler<ToUpload['params']> {
  const { mayChange, logger } = options
  return async (request, response) => {
    if (!mayChange) {
      sendProblem(response, changesNeedToken)
      return
    }
    try {
      await receive(options, request, response)
    } catch (error) {
      if (error instanceof TooLargeError)
        sendProblem(response, bodyTooLarge(options.maxUploadBytes))
      else if (!request.complete && request.destroyed) {
        logger.info({ file: request.params.name }, 'upload-ended-early')
      } else {
        logger.warn({ ...errorFields(error), file: request.params.name }, 'file-not-uploaded')
        sendProblem(response, fileNotUploaded)
      }
    }
  }
}

async function receive(
  { work, maxUploadBytes, logger }: FileRoutesOptions,
  request: ToUpload,
  response: Response,
): Promise<void> {
  const { pipeline, name } = request.params
  const chosen = await work.chooseKey(pipeline, name)
  if ('why' in chosen) {
    sendProblem(response, uploadRefused(chosen))
    return
  }
  if (Number(request.headers['content-length'] ?? 0) > maxUploadBytes) throw new TooLargeError()
  const { key } = chosen
  if (await work.isTaken(key)) {
    sendProblem(response, uploadRefused(nameTaken(name)))
    return
  }
  const content = limitContent(request, maxUploadBytes)
  const stored = await work.upload({ pipeline, name, key }, content)
  if ('why' in stored) {
    sendProblem(response, uploadRefused(stored))
    return
  }
  logger.info({ file: key, pipeline, bytes: stored.size }, 'file-uploaded')
  sendJson(response, 201, stored)
}
