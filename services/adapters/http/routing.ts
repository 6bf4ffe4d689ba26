import type { ServerResponse } from 'node:http'
import type { ErrorRequestHandler, RequestHandler } from 'express'
import type { Logger } from '../../runtime/logger.ts'
import { errorFields } from '../../runtime/logger.ts'
import type { Problem } from './problem.ts'
import { sendProblem } from './problem.ts'

/** Answers a known path asked for by another method; `methods` as in `GET, POST`. */
export function allowOnly(methods: string): RequestHandler {
  const problem: Problem = {
    status: 405,
    title: 'Method not allowed',
    detail: `Use ${methods}.`,
    headers: { allow: methods },
  }
  return (_, response) => {
    sendProblem(response, problem)
  }
}

/** Express' own errors (a path that cannot be decoded) keep their status; anything else is a bug. */
export function errorHandler(logger: Logger): ErrorRequestHandler {
  // eslint-disable-next-line max-params -- Express knows an error handler by its four parameters.
  return (error: unknown, _request, response, next) => {
    if (response.headersSent) {
      next(error)
      return
    }
    const { status } = error as { status?: unknown }
    if (typeof status === 'number' && status >= 400 && status < 500) {
      const { error: detail } = errorFields(error)
      sendProblem(response, { status, title: 'Bad request', detail })
      return
    }
    sendInternalError(response, error, logger)
  }
}

/** The answer where we are at fault. */
export function sendInternalError(response: ServerResponse, error: unknown, logger: Logger): void {
  logger.error(errorFields(error), 'request-failed')
  const detail = 'This is a fault of the platform; its log says more.'
  sendProblem(response, { status: 500, title: 'Internal error', detail })
}
