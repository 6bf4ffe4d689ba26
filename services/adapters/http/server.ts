import type { RequestListener, Server } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { TimeoutProblem } from './client-error.ts'
import { answerClientErrors, requestTimeout } from './client-error.ts'
import { ConnectionLimit } from './limits/connection-limit.ts'
import type { OnLimitReached } from './limits/limit-report.ts'
import { ResponseBudget } from './limits/response-budget.ts'
import type { AcceptedHosts } from './guard.ts'
import { acceptedHostsAt, guarded, refusalOf } from './guard.ts'
import type { PlainListener } from './plain/plain-requests.ts'
import { PlainRequests } from './plain/plain-requests.ts'
import type { BehindIngress } from './proxy/client-address.ts'
import { readProxyHeader } from './proxy/client-address.ts'
import { RequestSequencer } from './request-sequencer.ts'

export type ListenAddress = { readonly host: string; readonly port: number }

/** A server that listens. Disposing it waits for the running requests. */
export type RunningServer = AsyncDisposable & { readonly port: number }

/**
 * Each connection needs a few kilobytes, even an idle one. A connection above this limit is closed.
 */
const maxConnections = 8_192
const headersTimeoutMs = 10_000
const timeouts = {
  connectionsCheckingInterval: 1_000,
  keepAliveTimeout: 65_000,
}
/**
 * A connection on which no byte moves for this time is closed, also if the client does not take its
 * response. Linux frees the send buffer of a connection in steps of a third, up to 1.3 MB; at
 * 160 kbit/s one step takes 64 s.
 */
const idleTimeoutMs = 120_000
/** A client may close its sending half after the request; it still receives the response. */
const halfClosedOptions = { httpAllowHalfOpen: true }
/** Otherwise Node answers such requests itself, without a problem document. */
const guardedOptions = { requireHostHeader: false }
/** How long running requests may continue when the server stops. */
const drainTimeoutMs = 8_000

export type ListenOptions = {
  /** Set if an ingress starts its connections with a PROXY header. */
  readonly behindIngress?: BehindIngress
  /** By default loopback names if the address is loopback, otherwise all. */
  readonly hosts?: AcceptedHosts
  readonly limits?: ServerLimits
  /** By default 408. */
  readonly timeoutProblem?: TimeoutProblem
  /** Answers plain requests like the listener, with less work. */
  readonly plain?: PlainListener
}

type ServerLimits = {
  /** Memory for responses that clients have not taken yet. */
  readonly maxUnsentBytes?: number
  /** Connections of one client address. */
  readonly maxConnectionsPerClient?: number
  /** A request must have arrived completely after this time. */
  readonly requestTimeoutMs?: number
  readonly onReached?: OnLimitReached
}

const defaultLimits = {
  maxUnsentBytes: 16 * 1024 * 1024,
  maxConnectionsPerClient: Infinity,
  requestTimeoutMs: 30_000,
  onReached: (): void => undefined,
}

/**
 * Serves `listener`, one request at a time for each connection. Requests with a foreign or missing `Host`,
 * a foreign `Origin` or an unsupported `Expect` are refused. Rejects if the port is in use.
 */
export async function listen(
  listener: RequestListener,
  address: ListenAddress,
  options: ListenOptions = {},
): Promise<RunningServer> {
  const { behindIngress, hosts = acceptedHostsAt(address.host), limits } = options
  const { maxUnsentBytes, maxConnectionsPerClient, requestTimeoutMs, onReached } = {
    ...defaultLimits,
    ...limits,
  }
  const server = createHttpServer(requestTimeoutMs)
  const budget = new ResponseBudget(maxUnsentBytes, onReached)
  const sequencer = new RequestSequencer(budget.limit(guarded(listener, hosts)))
  sequencer.serve(server)
  answerClientErrors(server, {
    currentResponse: (socket) => sequencer.currentResponse(socket),
    timeoutProblem: options.timeoutProblem ?? (() => requestTimeout),
  })
  const connections = new ConnectionLimit(maxConnectionsPerClient, onReached)
  const plain = options.plain && createPlainRequests(options.plain, hosts)
  const waiting = takeConnections(server, behindIngress, (socket, serveHttp) => {
    if (!connections.admit(socket)) return
    const serve = (): void => {
      serveHttp(socket)
      sequencer.join(socket)
    }
    if (plain === undefined) serve()
    else plain.take(socket, serve)
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(address.port, address.host, () => {
      server.off('error', reject)
      resolve()
    })
  })
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: () => {
      for (const socket of waiting) socket.destroy()
      return drain(server, sequencer, plain)
    },
  }
}

function createHttpServer(requestTimeout: number): Server {
  const headersTimeout = Math.min(headersTimeoutMs, requestTimeout)
  const server = createServer({ ...timeouts, headersTimeout, requestTimeout, ...guardedOptions })
  return Object.assign(server, halfClosedOptions, { maxConnections, timeout: idleTimeoutMs })
}

function createPlainRequests(listener: PlainListener, hosts: AcceptedHosts): PlainRequests {
  return new PlainRequests(listener, {
    keepAliveTimeoutMs: timeouts.keepAliveTimeout,
    idleTimeoutMs,
    isAccepted: (headers) =>
      refusalOf({ method: 'POST', headers, httpVersion: '1.1' }, hosts) === undefined,
  })
}

type TakeConnection = (socket: Socket, serveHttp: (socket: Socket) => void) => void

/**
 * Gives each connection to `take`, if there is an ingress after the PROXY header was read. Returns the
 * connections that still wait for that header.
 */
function takeConnections(
  server: Server,
  behindIngress: BehindIngress | undefined,
  take: TakeConnection,
): ReadonlySet<Socket> {
  const waiting = new Set<Socket>()
  const listeners = server.listeners('connection') as ((socket: Socket) => void)[]
  const serve = (socket: Socket): void => {
    take(socket, (taken) => {
      for (const listener of listeners) listener.call(server, taken)
    })
  }
  server.removeAllListeners('connection')
  server.on('connection', (socket: Socket) => {
    if (behindIngress === undefined) {
      serve(socket)
      return
    }
    const forget = (): void => {
      waiting.delete(socket)
    }
    waiting.add(socket)
    socket.once('close', forget)
    readProxyHeader(socket, behindIngress, () => {
      socket.off('close', forget)
      forget()
      serve(socket)
    })
  })
  return waiting
}

async function drain(
  server: Server,
  sequencer: RequestSequencer,
  plain: PlainRequests | undefined,
): Promise<void> {
  // Otherwise the client would send its next request on a connection that is kept alive.
  sequencer.drain()
  const closed = new Promise<void>((resolve) => {
    server.close(() => {
      resolve()
    })
  })
  server.closeIdleConnections()
  plain?.drain()
  const cut = setTimeout(() => {
    server.closeAllConnections()
    plain?.closeAll()
  }, drainTimeoutMs)
  await closed
  clearTimeout(cut)
}
