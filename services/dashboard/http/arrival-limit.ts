import type { RequestHandler } from 'express'
import { sendProblem } from '../../adapters/http/problem.ts'
import { requestTimeout } from '../../adapters/http/client-error.ts'

const arrivalMs = 30_000

/** Requests other than uploads get 408 if their body has not arrived after 30 seconds. */
export const limitArrival: RequestHandler = (request, response, next) => {
  if (request.method !== 'PUT' && !request.complete) {
    const timer = setTimeout(() => {
      if (request.complete || response.headersSent) return
      response.setHeader('connection', 'close')
      sendProblem(response, requestTimeout)
    }, arrivalMs)
    response.once('close', () => {
      clearTimeout(timer)
    })
  }
  next()
}
