import { createHmac } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { RequestHandler } from 'express'
import express, { Router } from 'express'
import type { TokenVerdict } from '../../adapters/http/tokens/bearer-token.ts'
import { checkBearerToken, equalsSecret } from '../../adapters/http/tokens/bearer-token.ts'
import type { FailedTokens } from '../../adapters/http/tokens/failed-tokens.ts'
import { TokenCheck } from '../../adapters/http/tokens/token-check.ts'
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

export type SessionOptions = Pick<DashboardConfig, 'token' | 'hasSecureCookie'> & {
  readonly failedTokens: Pick<FailedTokens, 'note'>
}

/** `POST /session {"token": …}` sets the cookie, because an EventSource cannot send a header. */
export function sessionRoutes({ token, hasSecureCookie, failedTokens }: SessionOptions): Router {
  const cookieOptions = {
    httpOnly: true,
    sameSite: 'strict',
    path: '/',
    secure: hasSecureCookie,
  } as const
  const router = Router()
  router
    .route('/session')
    .post(express.json({ limit: 4_096 }), (request, response) => {
      const { token: given } = (request.body ?? {}) as { token?: unknown }
      if (token === undefined) {
        response.status(204).end()
      } else if (typeof given === 'string' && equalsSecret(given, token)) {
        response.cookie(cookieName, sessionValue(token), cookieOptions).status(204).end()
      } else {
        failedTokens.note(request, 'wrong')
        sendProblem(response, wrongToken)
      }
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

/** False for a dashboard that other machines reach without a token: it must change nothing. */
export function mayChange({
  token,
  isPublic,
}: Pick<DashboardConfig, 'token' | 'isPublic'>): boolean {
  return token !== undefined || !isPublic
}

/** Accepts a request with the token or the session cookie. */
export function createTokenCheck(
  token: string | undefined,
  failedTokens: Pick<FailedTokens, 'note'>,
): TokenCheck {
  return new TokenCheck({ token, failedTokens, check: checkTokenOrCookie })
}

export function accessGuard(tokenCheck: Pick<TokenCheck, 'accepts'>): RequestHandler {
  return (request, response, next) => {
    if (tokenCheck.accepts(request)) next()
    else sendProblem(response, tokenRequired)
  }
}

function checkTokenOrCookie(request: IncomingMessage, token: string): TokenVerdict {
  const verdicts = [checkBearerToken(request, token), checkSessionCookie(request, token)]
  return (['valid', 'wrong'] as const).find((verdict) => verdicts.includes(verdict)) ?? 'missing'
}

function checkSessionCookie(request: IncomingMessage, token: string): TokenVerdict {
  const prefix = `${cookieName}=`
  const cookies = (request.headers.cookie ?? '').split(/; */)
  const sent = cookies.filter((cookie) => cookie.startsWith(prefix))
  if (sent.length === 0) return 'missing'
  const expected = sessionValue(token)
  const isValid = sent.some((cookie) => equalsSecret(cookie.slice(prefix.length), expected))
  return isValid ? 'valid' : 'wrong'
}
