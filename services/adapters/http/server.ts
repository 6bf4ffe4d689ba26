import type { RequestListener, Server } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { answerClientErrors } from './client-error.ts'
import type { AcceptedHosts } from './guard.ts'
import { acceptedHostsAt, guarded } from './guard.ts'
import { readProxyLine } from './proxy-line.ts'
import { RequestSequencer } from './request-sequencer.ts'

export type ListenAddress = { readonly host: string; readonly port: number }

/** A server that listens. Disposing it waits for the running requests. */
export type RunningServer = AsyncDisposable & { readonly port: number }

/**
 * Each connection needs a few kilobytes, even an idle one. A connection above this limit is closed.
 */
const maxConnections = 8_192
const timeouts = {
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  connectionsCheckingInterval: 1_000,
  keepAliveTimeout: 65_000,
}
/** A client may close its sending half after the request; it still receives the response. */
const halfClosedOptions = { httpAllowHalfOpen: true }
/** How long running requests may continue when the server stops. */
const drainTimeoutMs = 8_000

export type ListenOptions = {
  /** Whether each connection starts with a PROXY line. */
  readonly isBehindIngress?: boolean
  /** By default loopback names if the address is loopback, otherwise all. */
  readonly hosts?: AcceptedHosts
}

/**
 * Serves `listener`, one request at a time for each connection. Requests with a foreign `Host` or
 * `Origin` are refused. Rejects if the port is in use.
 */
export async function listen(
  listener: RequestListener,
  address: ListenAddress,
  { isBehindIngress = false, hosts = acceptedHostsAt(address.host) }: ListenOptions = {},
): Promise<RunningServer> {
  const server = Object.assign(createServer(timeouts), halfClosedOptions, {
    maxConnections,
  })
  const sequencer = new RequestSequencer(guarded(listener, hosts))
  sequencer.serve(server)
  answerClientErrors(server, (socket) => sequencer.currentResponse(socket))
  const waiting = takeConnections(server, sequencer, isBehindIngress)
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
      return drain(server, sequencer)
    },
  }
}

/**
 * Gives each connection to HTTP, if there is an ingress after the PROXY line was read. Returns the
 * connections that still wait for that line.
 */
function takeConnections(
  server: Server,
  sequencer: RequestSequencer,
  isBehindIngress: boolean,
): ReadonlySet<Socket> {
  const waiting = new Set<Socket>()
  const serveHttp = server.listeners('connection') as ((socket: Socket) => void)[]
  const serve = (socket: Socket): void => {
    for (const listener of serveHttp) listener.call(server, socket)
    sequencer.join(socket)
  }
  server.removeAllListeners('connection')
  server.on('connection', (socket: Socket) => {
    if (!isBehindIngress) {
      serve(socket)
      return
    }
    const forget = (): void => {
      waiting.delete(socket)
    }
    waiting.add(socket)
    socket.once('close', forget)
    readProxyLine(socket, () => {
      socket.off('close', forget)
      forget()
      serve(socket)
    })
  })
  return waiting
}

async function drain(server: Server, sequencer: RequestSequencer): Promise<void> {
  // Otherwise the client would send its next request on a connection that is kept alive.
  sequencer.drain()
  const closed = new Promise<void>((resolve) => {
    server.close(() => {
      resolve()
    })
  })
  server.closeIdleConnections()
  const cut = setTimeout(() => {
    server.closeAllConnections()
  }, drainTimeoutMs)
  await closed
  clearTimeout(cut)
}
