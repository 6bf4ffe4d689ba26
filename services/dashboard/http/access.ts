import { createHmac } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { RequestHandler } from 'express'
import express, { Router } from 'express'
import { equalsSecret, hasBearerToken } from '../../adapters/http/bearer-token.ts'
import { hostNameOf, loopbackNames } from '../../adapters/http/host-name.ts'
import { sendProblem } from '../../adapters/http/problem.ts'
import { allowOnly } from '../../adapters/http/routing.ts'
import type { DashboardConfig } from '../config.ts'
import { wrongHost, tokenRequired, wrongToken } from './problems.ts'

/** With a token configured, a request must contain the token or the session cookie. */

const cookieName = 'av-telemetry-dashboard'

/**
 * The value of the session cookie. It is derived from the token, and the token cannot be derived
 * from it.
 */
function sessionValue(token: string): string {
  return createHmac('sha256', token).update('dashboard session').digest('base64url')
}

/** `POST /session {"token": …}` sets the cookie, because an EventSource cannot send a header. */
export function sessionRoutes(token: string | undefined): Router {
  const router = Router()
  router
    .route('/session')
    .post(express.json({ limit: 4_096 }), (request, response) => {
      const { token: given } = (request.body ?? {}) as { token?: unknown }
      if (token === undefined) {
        response.status(204).end()
      } else if (typeof given === 'string' && equalsSecret(given, token)) {
        const options = { httpOnly: true, sameSite: 'strict', path: '/' } as const
        response.cookie(cookieName, sessionValue(token), options).status(204).end()
      } else sendProblem(response, wrongToken)
    })
    .all(allowOnly('POST'))
  return router
}

/**
 * A dashboard without a token that is not public accepts only the host names of loopback. Otherwise
 * a website could let its own name resolve to loopback and read the dashboard through its visitors'
 * browsers (DNS rebinding).
 */
export function hostGuard({
  token,
  isPublic,
}: Pick<DashboardConfig, 'token' | 'isPublic'>): RequestHandler {
  const acceptsAnyHost = isPublic || token !== undefined
  return (request, response, next) => {
    const hostName = hostNameOf(request.headers.host)
    if (acceptsAnyHost || (hostName !== undefined && loopbackNames.includes(hostName))) next()
    else sendProblem(response, wrongHost)
  }
}

/**
 * Accepts a request with the token or the session cookie; accepts every request if there is no
 * token.
 */
export function accessGuard(token: string | undefined): RequestHandler {
  return (request, response, next) => {
    if (token === undefined || hasBearerToken(request, token) || hasSessionCookie(request, token))
      next()
    else sendProblem(response, tokenRequired)
  }
}

function hasSessionCookie(request: IncomingMessage, token: string): boolean {
  const cookies = (request.headers.cookie ?? '').split(/; */)
  const prefix = `${cookieName}=`
  return cookies.some((cookie) => {
    return (
      cookie.startsWith(prefix) && equalsSecret(cookie.slice(prefix.length), sessionValue(token))
    )
  })
}
