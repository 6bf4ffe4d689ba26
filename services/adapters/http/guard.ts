import type { IncomingMessage, RequestListener } from 'node:http'
import { isIP } from 'node:net'
import { hostNameOf, loopbackNames } from './host-name.ts'
import type { Problem } from './problem.ts'
import { sendProblem } from './problem.ts'

/**
 * Refuses requests that a website sends through the browser of someone who can reach the platform.
 * Programs without a browser send no `Origin`, and are not affected. Also refuses requests whose `Host`
 * is missing or whose `Expect` is not supported.
 */

/**
 * The host names that a server accepts: all, a list, or those of a private network (IP addresses,
 * names without a dot, and loopback). A website could let its own name resolve to an address that
 * only its visitor reaches (DNS rebinding), but not such a name.
 */
export type AcceptedHosts = '*' | 'private' | readonly string[]

/** The default for an address: a server that only this machine can reach accepts its names alone. */
export function acceptedHostsAt(listenHost: string): AcceptedHosts {
  return /^(127\.|::1$)/.test(listenHost) ? loopbackNames : '*'
}

export function guarded(listener: RequestListener, hosts: AcceptedHosts): RequestListener {
  return (request, response) => {
    const problem = refusalOf(request, hosts)
    if (problem === undefined) listener(request, response)
    else sendProblem(response, problem)
  }
}

type Guarded = Pick<IncomingMessage, 'method' | 'headers' | 'httpVersion'>

/** Why the request is refused; undefined if it is not. */
export function refusalOf(
  { method, headers, httpVersion }: Guarded,
  hosts: AcceptedHosts,
): Problem | undefined {
  const { host, expect } = headers
  // HTTP/1.0 has neither of them.
  if (httpVersion === '1.1') {
    if (host === undefined) return missingHost
    if (expect !== undefined && !supportedExpectation.test(expect)) return unsupportedExpectation
  }
  if (host !== undefined && !isAccepted(host, hosts)) return wrongHost(hosts)
  return isSafe(method) || isOwnOrigin(headers) ? undefined : foreignOrigin
}

/** Node sends `100 Continue` for the same values. */
const supportedExpectation = /(?:^|\W)100-continue(?:$|\W)/i

/** Methods that change nothing (RFC 9110, section 9.2.1). */
const isSafe = (method = ''): boolean => ['GET', 'HEAD', 'OPTIONS', 'TRACE'].includes(method)

function isAccepted(host: string, hosts: AcceptedHosts): boolean {
  if (hosts === '*') return true
  const name = hostNameOf(host)
  if (name === undefined) return false
  if (hosts !== 'private') return hosts.includes(name)
  const isAddress = name.startsWith('[') || isIP(name) !== 0
  return isAddress || !name.includes('.')
}

/** Whether the request comes from a page of the same address, or from no page. */
function isOwnOrigin(headers: IncomingMessage['headers']): boolean {
  // Browsers set this header themselves; a page cannot change it (W3C Fetch Metadata).
  const site = headers['sec-fetch-site']
  if (site !== undefined) return site === 'same-origin' || site === 'none'
  const { origin, host } = headers
  return origin === undefined || hostOf(origin) === host?.toLowerCase()
}

/**
 * What a GET that changes something shows of its page. Browsers send no `Origin` with the GET of an image, and
 * `Sec-Fetch-Site` only to HTTPS and localhost. A page can leave out `Referer`, but not `User-Agent`.
 */
export type PageOfGet = 'own-or-none' | 'foreign' | 'unknown'

export function pageOfGet(headers: IncomingMessage['headers']): PageOfGet {
  if (!isOwnOrigin(headers)) return 'foreign'
  const { referer, host, 'user-agent': agent = '', 'sec-fetch-site': site } = headers
  if (site !== undefined) return 'own-or-none'
  if (referer !== undefined && hostOf(referer) !== host?.toLowerCase()) return 'foreign'
  // All browsers begin so, and hardly any other program.
  return /^mozilla\//i.test(agent) ? 'unknown' : 'own-or-none'
}

function hostOf(origin: string): string | undefined {
  try {
    return new URL(origin).host
  } catch {
    return undefined
  }
}

export function wrongHost(hosts: AcceptedHosts): Problem {
  const names = hosts === '*' || hosts === 'private' ? loopbackNames : hosts
  return {
    status: 421,
    title: 'Host name not allowed',
    detail: `This address accepts only the host names ${names.join(', ')}. Use one of them.`,
  }
}

const missingHost: Problem = {
  status: 400,
  title: 'Host missing',
  detail: 'A request of HTTP/1.1 must have the header Host (RFC 9112, section 3.2).',
}

const unsupportedExpectation: Problem = {
  status: 417,
  title: 'Expectation not supported',
  detail: 'The only supported value of the header Expect is 100-continue.',
}

export const foreignOrigin: Problem = {
  status: 403,
  title: 'Request from another website',
  detail:
    'A page of another website sent this request. Only pages of this address, and programs without a browser, may send it.',
}

export const unknownPage: Problem = {
  status: 403,
  title: 'Request of an unknown website',
  detail:
    'A browser sent this request and did not say which website it is from. Set ingress.tokenFile and send the token, or send the request without a browser.',
}
