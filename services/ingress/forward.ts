import type { Server, Socket } from 'node:net'
import { connect, createServer } from 'node:net'
import type { ConnectionLimit } from '../adapters/http/limits/connection-limit.ts'
import { proxyHeaderOf } from '../adapters/http/proxy/proxy-header.ts'
import type { ListenAddress } from '../adapters/http/server.ts'
import { problemResponse } from './problem-response.ts'
import type { TlsEnd } from './tls-end.ts'

/** After this time without a connection, the next producer is tried. */
const connectTimeoutMs = 2_000
const firstByteTimeoutMs = 10_000
/** Longer than a producer keeps an idle connection alive. */
const idleTimeoutMs = 75_000

const noProducerResponse = problemResponse({
  status: 503,
  reason: 'Service Unavailable',
  title: 'No producer is ready',
  detail: 'No producer is ready to accept requests. Retry the same request later.',
  headers: ['Retry-After: 1'],
})

export type ForwardOptions = {
  /** Returns the producers that are ready now. */
  readonly readyProducers: () => readonly ListenAddress[]
  /** Of the connections of each client; those above it are closed at once. */
  readonly limit: ConnectionLimit
  /** Undefined if the ingress has no certificate. */
  readonly tls?: TlsEnd | undefined
  /** Goes into the PROXY headers. */
  readonly proxySecret: string
}

/**
 * A TCP server that forwards each connection to a ready producer, round robin. It connects to the
 * producer only after the client has sent the first byte, so that idle clients use no connection
 * of a producer. It does not parse the bytes. It sends the client's address first (PROXY
 * protocol, with the secret of the platform). A connection stays with its producer until either
 * side closes it.
 */
export function createForwarder(options: ForwardOptions): Server {
  const { readyProducers, limit, proxySecret, tls } = options
  let connections = 0
  const forward = (client: Socket): void => {
    client.setTimeout(idleTimeoutMs)
    const candidates = readyProducers()
    connections += 1
    const first = connections % Math.max(candidates.length, 1)
    const header = proxyHeaderOf(client, proxySecret)
    forwardToFirst({ client, header }, [...candidates.slice(first), ...candidates.slice(0, first)])
  }
  tls?.onSecured((secured) => {
    onFirstByte(secured, forward)
  })
  return createServer({ noDelay: true, allowHalfOpen: true, pauseOnConnect: true }, (client) => {
    if (!limit.admit(client)) return
    onFirstByte(client, () => {
      if (tls === undefined) forward(client)
      else tls.receive(client, forward)
    })
  })
}

function onFirstByte(client: Socket, take: (client: Socket) => void): void {
  client.on('error', () => client.destroy())
  client.setTimeout(firstByteTimeoutMs, () => client.destroy())
  client.once('readable', () => {
    if (client.readableLength === 0) client.destroy()
    else take(client)
  })
}

/** A client, and the bytes that name it to the producer. */
type Incoming = { readonly client: Socket; readonly header: Buffer }

/** Forwards to the first producer that accepts a connection. */
function forwardToFirst(incoming: Incoming, [address, ...others]: readonly ListenAddress[]): void {
  const { client, header } = incoming
  if (address === undefined) {
    client.resume()
    client.end(noProducerResponse)
    return
  }
  const upstream = connect({ ...address, noDelay: true, allowHalfOpen: true })
  const tryNext = (): void => {
    upstream.destroy()
    if (!client.destroyed) forwardToFirst(incoming, others)
  }
  upstream.setTimeout(connectTimeoutMs, tryNext)
  upstream.once('error', tryNext)
  upstream.once('connect', () => {
    upstream.setTimeout(0)
    upstream.off('error', tryNext)
    upstream.write(header)
    pipeBothWays(client, upstream)
  })
}

/** Copies bytes in both directions. When one side ends or fails, the other side is closed too. */
function pipeBothWays(client: Socket, upstream: Socket): void {
  for (const [from, to] of [
    [client, upstream],
    [upstream, client],
  ] as const) {
    // Bytes that one side sent before it failed are still delivered to the other side.
    from.on('error', () => to.destroySoon())
    from.on('close', () => to.destroySoon())
    from.pipe(to)
  }
}
