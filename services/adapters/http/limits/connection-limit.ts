import type { Socket } from 'node:net'
import { addressOf } from '../proxy/client-address.ts'
import { ClientLimit } from './client-limit.ts'
import type { OnLimitReached } from './limit-report.ts'

/** Limits the connections of each client to one server. */
export class ConnectionLimit {
  readonly #limit: ClientLimit
  readonly #onReached: OnLimitReached

  constructor(maxPerClient: number, onReached: OnLimitReached) {
    this.#limit = new ClientLimit(maxPerClient)
    this.#onReached = onReached
  }

  /** Counts the connection until it is closed. Above the limit closes it and returns false. */
  admit(socket: Socket): boolean {
    const client = addressOf(socket)
    const close = this.#limit.open(client)
    if (close === undefined) {
      socket.destroy()
      this.#onReached('connections-per-client', client)
      return false
    }
    socket.once('close', close)
    return true
  }
}
