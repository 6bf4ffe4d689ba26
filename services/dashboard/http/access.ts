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

/** Who may read, where there is a token: who shows it, or the cookie that was given for it. */

const cookieName = 'av-telemetry-dashboard'

/** What the cookie holds: made from the token, and of no use for anything else. */
function sessionOf(token: string): string {
  return createHmac('sha256', token).update('dashboard session').digest('base64url')
}

/** `POST /session {"token": …}` gives the cookie: an EventSource can show no header. */
export function sessionRoutes(token: string | undefined): Router {
  const router = Router()
  router
    .route('/session')
    .post(express.json({ limit: 4_096 }), (request, response) => {
      const { token: shown } = (request.body ?? {}) as { token?: unknown }
      if (token === undefined) {
        response.status(204).end()
      } else if (typeof shown === 'string' && equalsSecret(shown, token)) {
        const options = { httpOnly: true, sameSite: 'strict', path: '/' } as const
        response.cookie(cookieName, sessionOf(token), options).status(204).end()
      } else sendProblem(response, wrongToken)
    })
    .all(allowOnly('POST'))
  return router
}

/**
 * Where there is no token and the dashboard is for this machine alone, lets through who calls it by
 * a name of this machine: a website may have its own name lead to loopback, and its visitors'
 * browsers then read for it what is there (DNS rebinding).
 */
export function hostGuard({
  token,
  isPublic,
}: Pick<DashboardConfig, 'token' | 'isPublic'>): RequestHandler {
  const takesAnyName = isPublic || token !== undefined
  return (request, response, next) => {
    const name = hostNameOf(request.headers.host)
    if (takesAnyName || (name !== undefined && loopbackNames.includes(name))) next()
    else sendProblem(response, wrongHost)
  }
}

/** Lets through who may read. */
export function accessGuard(token: string | undefined): RequestHandler {
  return (request, response, next) => {
    if (token === undefined || hasBearerToken(request, token) || hasSession(request, token)) next()
    else sendProblem(response, tokenRequired)
  }
}

function hasSession(request: IncomingMessage, token: string): boolean {
  const cookies = (request.headers.cookie ?? '').split(/; */)
  const prefix = `${cookieName}=`
  return cookies.some((cookie) => {
    return cookie.startsWith(prefix) && equalsSecret(cookie.slice(prefix.length), sessionOf(token))
  })
}
