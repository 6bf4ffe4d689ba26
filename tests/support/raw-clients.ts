import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import type { Socket } from 'node:net'
import { connect } from 'node:net'

/** A raw TCP connection for misbehaving clients, with the text received so far. */
export type RawClient = { readonly socket: Socket; received: string; isClosed: boolean }

/** Opens a connection. */
export async function rawClient(url: string): Promise<RawClient> {
  const { hostname, port } = new URL(url)
  const socket = connect({ port: Number(port), host: hostname, allowHalfOpen: true })
  const client: RawClient = { socket, received: '', isClosed: false }
  socket.setEncoding('latin1').on('data', (piece: string) => {
    client.received = (client.received + piece).slice(0, 1_000_000)
  })
  // Both an orderly end by the server and a reset count as closed.
  socket.on('end', () => (client.isClosed = true)).on('close', () => (client.isClosed = true))
  await once(socket, 'connect')
  socket.on('error', () => undefined)
  return client
}

/** Opens connections, 200 at a time because the listen backlog is short. */
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

/** How many files, including sockets, a child process has open. */
export function openFiles({ pid = 0 }: ChildProcess): number {
  return readdirSync(`/proc/${pid}/fd`).length
}

/** How many files, including sockets, this process may have open. */
export function openFilesLimit(): number {
  const limits = readFileSync('/proc/self/limits', 'utf8')
  return Number(/^Max open files\s+(\d+)/m.exec(limits)?.[1] ?? Infinity)
}
