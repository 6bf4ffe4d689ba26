import type { RequestListener, Server } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { answerClientErrors } from './client-error.ts'
import { readProxyLine } from './proxy-line.ts'

export type ListenAddress = { readonly host: string; readonly port: number }

/** A server that listens; disposing it lets the requests under way end. */
export type RunningServer = AsyncDisposable & { readonly port: number }

/** Each costs some kilobytes, whatever it says; who comes when there are as many is cut. */
const maxConnections = 8_192
const timeouts = {
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  connectionsCheckingInterval: 1_000,
  keepAliveTimeout: 65_000,
}
/** A client that has sent its request and closed its half waits for the answer all the same. */
const halfClosedOptions = { httpAllowHalfOpen: true }
/** Milliseconds that requests under way have when the server stops. */
const drainTimeoutMs = 8_000

/**
 * Serves `listener`. Rejects where the port is taken.
 *
 * @param isBehindIngress whether connections begin with a line that says who the client is
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

/** Takes the ingress' line from each connection first; gives the connections that have not said it. */
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
  // A connection that is kept alive would be given the next request otherwise.
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
