import type { Server, Socket } from 'node:net'
import { connect, createServer } from 'node:net'
import { proxyLineOf } from '../adapters/http/proxy-line.ts'
import type { ListenAddress } from '../adapters/http/server.ts'

/** Milliseconds until a producer that does not take a connection is passed over. */
const connectTimeout = 2_000
/** Milliseconds for a client's first byte. */
const firstByteWithin = 10_000
/** Milliseconds a connection may be silent: longer than a producer keeps one alive. */
const idleTimeout = 75_000

const noProducer = JSON.stringify({
  type: 'about:blank',
  title: 'No producer is ready',
  status: 503,
  detail: 'No producer is ready to take requests; send it again unchanged, later.',
})
const answerNoProducer = [
  'HTTP/1.1 503 Service Unavailable',
  'Content-Type: application/problem+json',
  `Content-Length: ${Buffer.byteLength(noProducer)}`,
  'Retry-After: 1',
  'Connection: close',
  '',
  noProducer,
].join('\r\n')

/**
 * A server that forwards each connection to a ready producer, in turn, as soon as there is
 * something to forward: who only connects costs the producers nothing. It does not look into
 * what is sent, and says before it who the client is (PROXY protocol). A connection stays with
 * its producer until either side ends it.
 *
 * @param ready the producers that are ready now
 */
export function createForwarder(ready: () => readonly ListenAddress[]): Server {
  let turn = 0
  return createServer({ noDelay: true, allowHalfOpen: true, pauseOnConnect: true }, (client) => {
    client.on('error', () => client.destroy())
    client.setTimeout(firstByteWithin, () => client.destroy())
    client.once('readable', () => {
      if (client.readableLength === 0) {
        client.destroy()
        return
      }
      client.setTimeout(idleTimeout)
      const candidates = ready()
      turn += 1
      const first = turn % Math.max(candidates.length, 1)
      forwardToFirst(client, [...candidates.slice(first), ...candidates.slice(0, first)])
    })
  })
}

function forwardToFirst(client: Socket, [address, ...others]: readonly ListenAddress[]): void {
  if (address === undefined) {
    client.resume()
    client.end(answerNoProducer)
    return
  }
  const upstream = connect({ ...address, noDelay: true, allowHalfOpen: true })
  const passOver = (): void => {
    upstream.destroy()
    if (!client.destroyed) forwardToFirst(client, others)
  }
  upstream.setTimeout(connectTimeout, passOver)
  upstream.once('error', passOver)
  upstream.once('connect', () => {
    upstream.setTimeout(0)
    upstream.off('error', passOver)
    upstream.write(proxyLineOf(client))
    join(client, upstream)
  })
}

/** Bytes in both directions; the end of one side is passed on, a break of one breaks the other. */
function join(client: Socket, upstream: Socket): void {
  for (const [from, to] of [
    [client, upstream],
    [upstream, client],
  ] as const) {
    // What one side has said before it broke, the other still gets.
    from.on('error', () => to.destroySoon())
    from.on('close', () => to.destroySoon())
    from.pipe(to)
  }
}
