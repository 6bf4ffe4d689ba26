import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { isIP } from 'node:net'

/**
 * The PROXY protocol, version 1 (haproxy.org, proxy-protocol.txt): the ingress starts each
 * connection to a producer with one line that contains the address of the client. Only the first
 * line of a connection is read as a PROXY line, and the ingress always sends that line. A PROXY
 * line from the client comes after it and is refused because it is not HTTP.
 */

const signature = 'PROXY '
/** The maximum length of a line of version 1, line end included. */
const maxLineBytes = 107
const pattern = /^PROXY (?:UNKNOWN(?: .*)?|TCP[46] (\S+) \S+ \d{1,5} \d{1,5})\r\n$/
/** A connection that has not sent a complete line, or other bytes, by then is closed. */
const lineTimeoutMs = 10_000

export type ProxyLine =
  | { readonly kind: 'line'; readonly bytes: number; readonly client: string | undefined }
  | { readonly kind: 'none' | 'incomplete' | 'invalid' }

/** Parses the first bytes of a connection. */
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

/** The PROXY line for the connection of a client. */
export function proxyLineOf(client: Socket): string {
  const { remoteAddress, localAddress, remotePort, localPort } = client
  if (remoteAddress === undefined || localAddress === undefined) return 'PROXY UNKNOWN\r\n'
  const [from, to] = [plainAddress(remoteAddress), plainAddress(localAddress)]
  const family = isIP(from) === 4 && isIP(to) === 4 ? 'TCP4' : 'TCP6'
  return `PROXY ${family} ${from} ${to} ${remotePort ?? 0} ${localPort ?? 0}\r\n`
}

/** The address without the IPv6 prefix of a mapped IPv4 address and without a zone. */
function plainAddress(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '')
}

const clientAddresses = new WeakMap<Socket, string>()

/** The address of the client: from the PROXY line, or of the socket if there was no line. */
export function clientAddress({ socket }: IncomingMessage): string {
  return addressOf(socket)
}

/** Like `clientAddress`, for a connection. */
export function addressOf(socket: Socket): string {
  return clientAddresses.get(socket) ?? plainAddress(socket.remoteAddress ?? '')
}

/**
 * Reads the PROXY line from the connection and then calls `onReady`. If the connection starts with
 * other bytes, they stay unread and `onReady` is called too. A connection that sends nothing in
 * time, or an invalid line, is destroyed.
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
