import { inTime, NeverSettledError } from './in-time.ts'

type Connectable = {
  readonly connect: () => Promise<void>
  readonly disconnect: () => Promise<void>
}

const disconnectWithin = 5_000

/**
 * A client of kafkajs that is connected when it is first used, and thrown away when it is of no
 * more use. kafkajs has limits for connections and requests, and yet a call may never settle: a
 * request that is sent in the moment in which its connection ends is forgotten. So every call has
 * a limit here, too, far beyond all of those.
 */
export class RenewedClient<Client extends Connectable> implements AsyncDisposable {
  readonly #create: () => Client
  readonly #within: number
  #connected: Promise<Client> | undefined

  /** @param within milliseconds that a call may take, connecting included */
  constructor(create: () => Client, within: number) {
    this.#create = create
    this.#within = within
  }

  /** @throws NeverSettledError; what the client throws */
  async use<T>(call: (client: Client) => Promise<T>): Promise<T> {
    const connected = (this.#connected ??= this.#connect())
    try {
      return await inTime(connected.then(call), this.#within)
    } catch (error) {
      if (error instanceof NeverSettledError) this.forget(connected)
      throw error
    }
  }

  /** The next call makes a new client. */
  forget(connected = this.#connected): void {
    if (connected === this.#connected) this.#connected = undefined
    connected?.then((client) => client.disconnect()).catch(() => undefined)
  }

  async #connect(): Promise<Client> {
    const client = this.#create()
    try {
      await client.connect()
      return client
    } catch (error) {
      this.#connected = undefined
      throw error
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const connected = this.#connected
    this.#connected = undefined
    const disconnected = connected?.then((client) => client.disconnect())
    await inTime(Promise.resolve(disconnected), disconnectWithin).catch(() => undefined)
  }
}
