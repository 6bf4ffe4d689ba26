import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import type { Socket } from 'node:net'
import { connect } from 'node:net'

/** A connection of a client that keeps to no rule; what it hears is kept. */
export type RawClient = { readonly socket: Socket; received: string; isClosed: boolean }

/** A connection that is open. */
export async function rawClient(url: string): Promise<RawClient> {
  const { hostname, port } = new URL(url)
  const socket = connect({ port: Number(port), host: hostname, allowHalfOpen: true })
  const client: RawClient = { socket, received: '', isClosed: false }
  socket.setEncoding('latin1').on('data', (piece: string) => {
    client.received = (client.received + piece).slice(0, 1_000_000)
  })
  // The end of the other side is seen; a reset is as much an end as any.
  socket.on('end', () => (client.isClosed = true)).on('close', () => (client.isClosed = true))
  await once(socket, 'connect')
  socket.on('error', () => undefined)
  return client
}

/** Connections opened some at a time, as a listener's backlog is short. */
export async function rawClients(url: string, count: number): Promise<RawClient[]> {
  const clients: RawClient[] = []
  while (clients.length < count) {
    const more = Math.min(count - clients.length, 200)
    clients.push(...(await Promise.all(Array.from({ length: more }, () => rawClient(url)))))
  }
  return clients
}

export function disconnectAll(clients: readonly RawClient[]): void {
  for (const { socket } of clients) socket.destroy()
}

/** Files that one process may have open, which sockets are. */
export function openFilesLimit(): number {
  const limits = readFileSync('/proc/self/limits', 'utf8')
  return Number(/^Max open files\s+(\d+)/m.exec(limits)?.[1] ?? Infinity)
}
