import { withTimeout, TimeoutError } from './with-timeout.ts'

type Connectable = {
  readonly connect: () => Promise<void>
  readonly disconnect: () => Promise<void>
}

const disconnectWithin = 5_000
const neverSettled = (error: unknown): boolean => error instanceof TimeoutError

/**
 * A client of kafkajs that is connected when it is first used, and thrown away when it is of no
 * more use. kafkajs has limits for connections and requests, and yet a call may never settle: a
 * request that is sent in the moment in which its connection ends is forgotten. So every call has
 * a limit here, too, far beyond all of those.
 */
export class RenewedClient<Client extends Connectable> implements AsyncDisposable {
  readonly #create: () => Client
  readonly #within: number
  readonly #isOfNoUse: (error: unknown) => boolean
  #connected: Promise<Client> | undefined

  /**
   * @param within milliseconds that a call may take, connecting included
   * @param isOfNoUse whether a client is thrown away on which a call failed so
   */
  constructor(create: () => Client, within: number, isOfNoUse = neverSettled) {
    this.#create = create
    this.#within = within
    this.#isOfNoUse = isOfNoUse
  }

  /** @throws NeverSettledError; what the client throws */
  async use<T>(call: (client: Client) => Promise<T>): Promise<T> {
    const connected = (this.#connected ??= this.#connect())
    try {
      return await withTimeout(connected.then(call), this.#within)
    } catch (error) {
      if (this.#isOfNoUse(error)) this.forget(connected)
      throw error
    }
  }

  /** The next call makes a new client. */
  forget(connected = this.#connected): void {
    if (connected === this.#connected) this.#connected = undefined
    connected?.then((client) => client.disconnect()).catch(() => undefined)
  }

  #connect(): Promise<Client> {
    const client = this.#create()
    const connected = client.connect().then(() => client)
    connected.catch(() => {
      this.forget(connected)
    })
    return connected
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const connected = this.#connected
    this.#connected = undefined
    const disconnected = connected?.then((client) => client.disconnect())
    await withTimeout(Promise.resolve(disconnected), disconnectWithin).catch(() => undefined)
  }
}
