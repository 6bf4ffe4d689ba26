import type { RequestListener, Server } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { answerClientErrors } from './client-error.ts'
import { readProxyLine } from './proxy-line.ts'

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

/**
 * Serves `listener`. Rejects if the port is in use.
 *
 * @param isBehindIngress whether each connection starts with a PROXY line
 */
export async function listen(
  listener: RequestListener,
  address: ListenAddress,
  { isBehindIngress = false } = {},
): Promise<RunningServer> {
  const server = Object.assign(createServer(timeouts, listener), halfClosedOptions, {
    maxConnections,
  })
  answerClientErrors(server)
  const waiting = isBehindIngress ? readProxyLines(server) : new Set<Socket>()
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
      return drain(server)
    },
  }
}

/**
 * Reads the PROXY line of each connection before HTTP. Returns the connections that still wait for
 * it.
 */
function readProxyLines(server: Server): ReadonlySet<Socket> {
  const waiting = new Set<Socket>()
  const serve = server.listeners('connection') as ((socket: Socket) => void)[]
  server.removeAllListeners('connection')
  server.on('connection', (socket: Socket) => {
    const forget = (): void => {
      waiting.delete(socket)
    }
    waiting.add(socket)
    socket.once('close', forget)
    readProxyLine(socket, () => {
      socket.off('close', forget)
      forget()
      for (const listener of serve) listener.call(server, socket)
    })
  })
  return waiting
}

async function drain(server: Server): Promise<void> {
  // Otherwise the client would send its next request on a connection that is kept alive.
  server.prependListener('request', (_, response) => {
    response.setHeader('connection', 'close')
  })
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
