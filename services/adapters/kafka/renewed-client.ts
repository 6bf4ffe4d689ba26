import { setTimeout as wait } from 'node:timers/promises'

type Connectable = {
  readonly connect: () => Promise<void>
  readonly disconnect: () => Promise<void>
}

/** A call to kafkajs has not settled in its time: the client is of no more use. */
export class NeverSettledError extends Error {
  readonly code = 'NEVER_SETTLED'
  readonly retriable = true
  constructor(milliseconds: number) {
    super(`The Kafka client has not settled a call within ${milliseconds / 1000} s.`)
    this.name = 'NeverSettledError'
  }
}

/** What the call gives; rejects with a NeverSettledError when it takes longer. */
async function inTime<T>(call: Promise<T>, milliseconds: number): Promise<T> {
  const limit = new AbortController()
  const tooLong = wait(milliseconds, undefined, { signal: limit.signal }).then(() => {
    throw new NeverSettledError(milliseconds)
  })
  try {
    return await Promise.race([call, tooLong])
  } finally {
    limit.abort()
    tooLong.catch(() => undefined)
  }
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
