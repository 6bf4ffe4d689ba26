import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { isIP } from 'node:net'

/**
 * The PROXY protocol, version 1 (haproxy.org, proxy-protocol.txt): the ingress opens each
 * connection to a producer with one line that says who the client is. Only the first line of a
 * connection is taken for it, and that one is always the ingress' own: what a client sends in
 * the same form comes after it, and is no HTTP.
 */

const signature = 'PROXY '
/** Bytes that no line of version 1 exceeds. */
const maxLineBytes = 107
const pattern = /^PROXY (?:UNKNOWN(?: .*)?|TCP[46] (\S+) \S+ \d{1,5} \d{1,5})\r\n$/
/** Milliseconds for the line, or for the first bytes of something else. */
const lineTimeoutMs = 10_000

export type ProxyLine =
  | { readonly kind: 'line'; readonly bytes: number; readonly client: string | undefined }
  | { readonly kind: 'none' | 'incomplete' | 'invalid' }

/** What the first bytes of a connection are. */
export function parseProxyLine(first: Buffer): ProxyLine {
  const begin = first.toString('latin1', 0, signature.length)
  if (!signature.startsWith(begin)) return { kind: 'none' }
  const end = first.subarray(0, maxLineBytes).indexOf('\r\n')
  if (end === -1) return { kind: first.length < maxLineBytes ? 'incomplete' : 'invalid' }
  const bytes = end + 2
  const match = pattern.exec(first.toString('latin1', 0, bytes))
  const client = match?.[1]
  if (match === null || (client !== undefined && isIP(client) === 0)) return { kind: 'invalid' }
  return { kind: 'line', bytes, client }
}

/** The line that says who is at the other end of `client`. */
export function proxyLineOf(client: Socket): string {
  const { remoteAddress, localAddress, remotePort, localPort } = client
  if (remoteAddress === undefined || localAddress === undefined) return 'PROXY UNKNOWN\r\n'
  const [from, to] = [plainAddress(remoteAddress), plainAddress(localAddress)]
  const family = isIP(from) === 4 && isIP(to) === 4 ? 'TCP4' : 'TCP6'
  return `PROXY ${family} ${from} ${to} ${remotePort ?? 0} ${localPort ?? 0}\r\n`
}

/** An IPv4 address as such, also where the socket takes both families; none with a zone. */
function plainAddress(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '')
}

const clientAddresses = new WeakMap<Socket, string>()

/** The address of the client: as the ingress says it, or of who has connected without one. */
export function clientAddress({ socket }: IncomingMessage): string {
  return clientAddresses.get(socket) ?? plainAddress(socket.remoteAddress ?? '')
}

/**
 * Calls `then` when the line has been taken from the connection, or when it begins with something
 * else, which stays unread. A connection that has neither in time, or that breaks the form, is cut.
 */
export function readProxyLine(socket: Socket, onReady: () => void): void {
  let first: Buffer = Buffer.alloc(0)
  const destroy = (): void => {
    socket.destroy()
  }
  const timer = setTimeout(destroy, lineTimeoutMs)
  const stop = (): void => {
    clearTimeout(timer)
    socket.off('readable', onReadable).off('end', destroy).off('error', destroy).off('close', stop)
  }
  const onReadable = (): void => {
    const chunk = socket.read() as Buffer | null
    if (chunk === null) return
    first = first.length === 0 ? chunk : Buffer.concat([first, chunk])
    const found = parseProxyLine(first)
    if (found.kind === 'incomplete') return
    stop()
    if (found.kind === 'invalid') {
      destroy()
      return
    }
    if (found.kind === 'line' && found.client !== undefined)
      clientAddresses.set(socket, found.client)
    const rest = found.kind === 'line' ? first.subarray(found.bytes) : first
    if (rest.length > 0) socket.unshift(rest)
    onReady()
  }
  socket.on('readable', onReadable).on('end', destroy).on('error', destroy).on('close', stop)
}
