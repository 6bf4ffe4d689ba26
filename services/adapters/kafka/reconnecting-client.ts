import { withTimeout, TimeoutError } from './with-timeout.ts'

type Connectable = {
  readonly connect: () => Promise<void>
  readonly disconnect: () => Promise<void>
}

const disconnectTimeoutMs = 5_000
const isTimeout = (error: unknown): boolean => error instanceof TimeoutError

/**
 * A client of kafkajs that is connected when it is first used, and thrown away when it is of no
 * more use. kafkajs has limits for connections and requests, and yet a call may never settle: a
 * request that is sent in the moment in which its connection ends is forgotten. So every call has
 * a limit here, too, far beyond all of those.
 */
export class ReconnectingClient<Client extends Connectable> implements AsyncDisposable {
  readonly #create: () => Client
  readonly #callTimeoutMs: number
  readonly #isBroken: (error: unknown) => boolean
  #connected: Promise<Client> | undefined

  /**
   * @param callTimeoutMs milliseconds that a call may take, connecting included
   * @param isBroken whether a client is thrown away on which a call failed so
   */
  constructor(create: () => Client, callTimeoutMs: number, isBroken = isTimeout) {
    this.#create = create
    this.#callTimeoutMs = callTimeoutMs
    this.#isBroken = isBroken
  }

  /** @throws NeverSettledError; what the client throws */
  async use<T>(call: (client: Client) => Promise<T>): Promise<T> {
    const connected = (this.#connected ??= this.#connect())
    try {
      return await withTimeout(connected.then(call), this.#callTimeoutMs)
    } catch (error) {
      if (this.#isBroken(error)) this.discard(connected)
      throw error
    }
  }

  /** The next call makes a new client. */
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
