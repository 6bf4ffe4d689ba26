import type { AddressInfo, Server, Socket } from 'node:net'
import { connect, createServer } from 'node:net'
import { once } from 'node:events'
import { setTimeout as wait } from 'node:timers/promises'
import type { Address } from '../../../infra/topology/addresses.ts'

/** Milliseconds that a slow network adds to each chunk, in each direction. */
const slowMs = 80
const loopback = '127.0.0.1'

/**
 * Forwards connections to an address and can hold back the data. It behaves like a pulled cable:
 * connections stay open without an error, and the data arrives when the cable is back.
 */
export class FaultProxy implements AsyncDisposable {
  /** The address that clients connect to. */
  readonly address: Address
  readonly #server: Server
  readonly #sockets: Set<Socket>
  #passage: Promise<void> = Promise.resolve()
  #reopen: () => void = () => undefined
  #delayMs = 0

  private constructor(server: Server, target: Address) {
    this.#server = server
    this.#sockets = new Set()
    this.address = { host: loopback, port: (server.address() as AddressInfo).port }
    server.on('connection', (client: Socket) => {
      this.#forward(client, connect({ ...target, noDelay: true, allowHalfOpen: true }))
    })
  }

  /** @param target the address to forward to; it may start to listen later */
  static async open(target: Address): Promise<FaultProxy> {
    const server = createServer({ noDelay: true, allowHalfOpen: true })
    server.listen(0, loopback)
    await once(server, 'listening')
    return new FaultProxy(server, target)
  }

  cut(): void {
    this.heal()
    this.#passage = new Promise((resolve) => {
      this.#reopen = resolve
    })
  }

  slow(): void {
    this.heal()
    this.#delayMs = slowMs
  }

  heal(): void {
    this.#delayMs = 0
    this.#reopen()
  }

  #forward(client: Socket, upstream: Socket): void {
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      this.#sockets.add(from)
      from.on('close', () => {
        this.#sockets.delete(from)
        to.destroySoon()
      })
      from.on('error', () => to.destroySoon())
      this.#pass(from, to).catch(() => to.destroySoon())
    }
  }

  async #pass(from: Socket, to: Socket): Promise<void> {
    // The other direction stays open when this one has ended.
    for await (const chunk of from.iterator({ destroyOnReturn: false })) {
      if (this.#delayMs > 0) await wait(this.#delayMs)
      await this.#passage
      if (to.destroyed) return
      if (!to.write(chunk as Buffer)) await once(to, 'drain')
    }
    to.end()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.heal()
    const closed = once(this.#server, 'close')
    this.#server.close()
    for (const socket of this.#sockets) socket.destroy()
    await closed
  }
}
