import { clientKey } from './client-key.ts'

/** Limits what each client has open at the same time, for example connections. */
export class ClientLimit {
  readonly #maxPerClient: number
  /** How many each client has open, by its key; clients with none are missing. */
  readonly #open = new Map<string, number>()

  constructor(maxPerClient: number) {
    this.#maxPerClient = maxPerClient
  }

  /** The number of clients that have something open. */
  get clientCount(): number {
    return this.#open.size
  }

  /**
   * Counts one more.
   *
   * @param client its IP address
   * @returns the function that counts it as closed; undefined if the client has reached the limit
   */
  open(client: string): (() => void) | undefined {
    const key = clientKey(client)
    const count = this.#open.get(key) ?? 0
    if (count >= this.#maxPerClient) return undefined
    this.#open.set(key, count + 1)
    return () => {
      const remaining = (this.#open.get(key) ?? 1) - 1
      if (remaining === 0) this.#open.delete(key)
      else this.#open.set(key, remaining)
    }
  }
}
