import { once } from 'node:events'
import type { AddressInfo, Server, Socket } from 'node:net'
import { connect, createServer } from 'node:net'

type Address = { readonly host: string; readonly port: number }

/** Where a connection is closed: before the server gets a message, or after it has answered it. */
type Cut = { readonly turn: number; readonly when: 'before' | 'after' }

/**
 * Forwards connections to a server and counts their turns. A turn is all that the client sends before the server
 * answers: one round trip.
 */
export class TurnProxy implements AsyncDisposable {
  readonly address: Address
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  #turns = 0
  #cut: Cut | undefined

  private constructor(server: Server, target: Address) {
    this.#server = server
    this.address = { host: '127.0.0.1', port: (server.address() as AddressInfo).port }
    server.on('connection', (client: Socket) => {
      this.#forward(client, connect({ ...target, noDelay: true }))
    })
  }

  static async open(target: Address): Promise<TurnProxy> {
    const server = createServer({ noDelay: true })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new TurnProxy(server, target)
  }

  /** The turns since the last call. */
  takeTurns(): number {
    const turns = this.#turns
    this.#turns = 0
    return turns
  }

  /** Closes the next connection that reaches this turn, which is counted from now. */
  cutAt(cut: Cut): void {
    this.#turns = 0
    this.#cut = cut
  }

  #forward(client: Socket, server: Socket): void {
    let isClientsTurn = false
    const end = (): void => {
      client.destroy()
      server.destroy()
    }
    const cutIf = (when: Cut['when']): boolean => {
      if (this.#cut?.when !== when || this.#cut.turn !== this.#turns) return false
      this.#cut = undefined
      end()
      return true
    }
    for (const socket of [client, server]) {
      this.#sockets.add(socket)
      socket.on('error', end).on('close', end)
      socket.on('close', () => this.#sockets.delete(socket))
    }
    client.on('data', (bytes) => {
      if (!isClientsTurn) this.#turns += 1
      isClientsTurn = true
      if (!cutIf('before')) server.write(bytes)
    })
    server.on('data', (bytes) => {
      isClientsTurn = false
      if (!cutIf('after')) client.write(bytes)
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, 'close')
    this.#server.close()
    for (const socket of this.#sockets) socket.destroy()
    await closed
  }
}
