import type { ServerResponse } from 'node:http'
import type { ErrorRequestHandler, RequestHandler } from 'express'
import type { Logger } from '../../runtime/logger.ts'
import { errorFields } from '../../runtime/logger.ts'
import type { Problem } from './problem.ts'
import { sendProblem } from './problem.ts'

/** Returns 405 for any other method on a known path. `methods` has the form `GET, POST`. */
export function allowOnly(methods: string): RequestHandler {
  const problem = methodNotAllowed(methods)
  return (_, response) => {
    sendProblem(response, problem)
  }
}

/** @param methods in the form `GET, POST` */
export function methodNotAllowed(methods: string): Problem {
  return {
    status: 405,
    title: 'Method not allowed',
    detail: `Use ${methods}.`,
    headers: { allow: methods },
  }
}

/**
 * Errors of Express (e.g. a path that cannot be decoded) keep their 4xx status. Any other error is
 * a bug: 500.
 */
export function errorHandler(logger: Logger): ErrorRequestHandler {
  // eslint-disable-next-line max-params -- Express recognizes an error handler by its four parameters.
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

/** Logs the error and sends 500. */
export function sendInternalError(response: ServerResponse, error: unknown, logger: Logger): void {
  sendProblem(response, internalError(error, logger))
}

/** Logs the error. */
export function internalError(error: unknown, logger: Logger): Problem {
  logger.error(errorFields(error), 'request-failed')
  const detail = 'The platform has an internal error. Its log has the details.'
  return { status: 500, title: 'Internal error', detail }
}
