import { withTimeout, TimeoutError } from './with-timeout.ts'

type Connectable = {
  readonly connect: () => Promise<void>
  readonly disconnect: () => Promise<void>
}

const disconnectTimeoutMs = 5_000
const isTimeout = (error: unknown): boolean => error instanceof TimeoutError

/**
 * Wraps a kafkajs client: connects it at the first use, and replaces it by a new one when it is
 * broken. kafkajs has timeouts for connections and requests, but a call may still never settle: it
 * loses a request that is sent at the moment in which the connection closes. So every call here has
 * a timeout too, which is longer than all of those.
 */
export class ReconnectingClient<Client extends Connectable> implements AsyncDisposable {
  readonly #create: () => Client
  readonly #callTimeoutMs: number
  readonly #isBroken: (error: unknown) => boolean
  #connected: Promise<Client> | undefined

  /**
   * @param callTimeoutMs the timeout of a call, connecting included
   * @param isBroken whether the client is replaced after a call failed with this error
   */
  constructor(create: () => Client, callTimeoutMs: number, isBroken = isTimeout) {
    this.#create = create
    this.#callTimeoutMs = callTimeoutMs
    this.#isBroken = isBroken
  }

  /** @throws TimeoutError, or the error of the call */
  async use<T>(call: (client: Client) => Promise<T>): Promise<T> {
    const connected = (this.#connected ??= this.#connect())
    try {
      return await withTimeout(connected.then(call), this.#callTimeoutMs)
    } catch (error) {
      if (this.#isBroken(error)) this.discard(connected)
      throw error
    }
  }

  /** Disconnects the client. The next call creates a new one. */
  discard(connected = this.#connected): void {
    if (connected === this.#connected) this.#connected = undefined
    connected?.then((client) => client.disconnect()).catch(() => undefined)
  }

  #connect(): Promise<Client> {
    const client = this.#create()
    const connected = client.connect().then(() => client)
    connected.catch(() => {
      this.discard(connected)
    })
    return connected
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const connected = this.#connected
    this.#connected = undefined
    const disconnected = connected?.then((client) => client.disconnect())
    await withTimeout(Promise.resolve(disconnected), disconnectTimeoutMs).catch(() => undefined)
  }
}
