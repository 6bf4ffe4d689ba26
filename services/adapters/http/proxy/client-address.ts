import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { plainAddress } from './address-bytes.ts'
import type { RefusedHeader } from './proxy-header.ts'
import { parseProxyHeader } from './proxy-header.ts'

/** A connection that has not sent a complete header, or other bytes, by then is closed. */
const headerTimeoutMs = 10_000

const clientAddresses = new WeakMap<Socket, string>()

/** The address of the client: from the PROXY header, or of the socket if there was no header. */
export function clientAddress({ socket }: Pick<IncomingMessage, 'socket'>): string {
  return addressOf(socket)
}

/** Like `clientAddress`, for a connection. */
export function addressOf(socket: Socket): string {
  const known = clientAddresses.get(socket)
  if (known !== undefined) return known
  const { remoteAddress } = socket
  if (remoteAddress === undefined) return ''
  const address = plainAddress(remoteAddress)
  clientAddresses.set(socket, address)
  return address
}

/** How a server recognizes the ingress before it. */
export type BehindIngress = {
  /** The secret in the PROXY header. */
  readonly secret: string
  /** Called for each connection that is closed because of its header. `peer` is its own address. */
  readonly onRefusedHeader?: (why: RefusedHeader, peer: string) => void
}

/**
 * Reads the PROXY header from the connection and then calls `onReady`. If the connection starts with
 * other bytes, they stay unread and `onReady` is called too: the client is then the peer itself. A
 * connection that sends nothing in time, or a header that is refused, is destroyed.
 */
export function readProxyHeader(
  socket: Socket,
  { secret, onRefusedHeader }: BehindIngress,
  onReady: () => void,
): void {
  let first: Buffer = Buffer.alloc(0)
  const destroy = (): void => {
    socket.destroy()
  }
  const timer = setTimeout(destroy, headerTimeoutMs)
  const stop = (): void => {
    clearTimeout(timer)
    socket.off('readable', onReadable).off('end', destroy).off('error', destroy).off('close', stop)
  }
  const onReadable = (): void => {
    const chunk = socket.read() as Buffer | null
    if (chunk === null) return
    first = first.length === 0 ? chunk : Buffer.concat([first, chunk])
    const found = parseProxyHeader(first, secret)
    if (found.kind === 'incomplete') return
    stop()
    if (found.kind === 'refused') {
      onRefusedHeader?.(found.why, plainAddress(socket.remoteAddress ?? ''))
      // Without a listener a late error would end the process.
      socket.on('error', () => undefined).destroy()
    } else {
      if (found.kind === 'header') takeClient(socket, found.client)
      const rest = found.kind === 'header' ? first.subarray(found.bytes) : first
      if (rest.length > 0) socket.unshift(rest)
      onReady()
    }
  }
  socket.on('readable', onReadable).on('end', destroy).on('error', destroy).on('close', stop)
}

function takeClient(socket: Socket, client: string | undefined): void {
  if (client !== undefined) clientAddresses.set(socket, client)
}
