import { setMaxListeners } from 'node:events'
import { accessFaultOf } from './connection/access-fault.ts'
import { withTimeout, TimeoutError } from './with-timeout.ts'

type Connectable = {
  readonly connect: () => Promise<void>
  readonly disconnect: () => Promise<void>
  /** Closes all connections at once and refuses new ones. */
  readonly close?: () => void
}

/** A client, and whether its first connect has succeeded. */
type Attempt<Client> = { readonly client: Client; readonly connected: Promise<void> }

const disconnectTimeoutMs = 1_000
/** A new client reads a renewed password and renewed authorities, and asks for rights again. */
const needsNewClient = (error: unknown): boolean =>
  error instanceof TimeoutError || accessFaultOf(error) !== undefined

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
  readonly #end = new AbortController()
  #attempt: Attempt<Client> | undefined

  /**
   * @param callTimeoutMs the timeout of a call, connecting included
   * @param isBroken whether the client is replaced after a call failed with this error
   */
  constructor(create: () => Client, callTimeoutMs: number, isBroken = needsNewClient) {
    this.#create = create
    this.#callTimeoutMs = callTimeoutMs
    this.#isBroken = isBroken
    // Each call in flight listens. By default Node prints a warning for more than 10 listeners.
    setMaxListeners(0, this.#end.signal)
  }

  /** @throws TimeoutError, ClosedError after it was disposed, or the error of the call */
  async use<T>(call: (client: Client) => Promise<T>): Promise<T> {
    const attempt = (this.#attempt ??= this.#connect())
    const { client, connected } = attempt
    const { signal } = this.#end
    try {
      const result = connected.then(() => call(client))
      return await withTimeout(result, this.#callTimeoutMs, signal)
    } catch (error) {
      if (signal.aborted || this.#isBroken(error)) this.#discard(attempt)
      throw error
    }
  }

  /** Disconnects the client. The next call creates a new one. */
  discard(): void {
    if (this.#attempt) this.#discard(this.#attempt)
  }

  #discard(attempt: Attempt<Client>): void {
    if (attempt === this.#attempt) this.#attempt = undefined
    void disconnect(attempt)
  }

  #connect(): Attempt<Client> {
    const client = this.#create()
    const attempt = { client, connected: client.connect() }
    attempt.connected.catch(() => {
      this.#discard(attempt)
    })
    return attempt
  }

  /** Rejects the calls that are in flight, and closes the connections. */
  async [Symbol.asyncDispose](): Promise<void> {
    const attempt = this.#attempt
    this.#attempt = undefined
    this.#end.abort()
    if (attempt) await disconnect(attempt)
  }
}

async function disconnect({ client, connected }: Attempt<Connectable>): Promise<void> {
  const disconnected = connected.then(() => client.disconnect())
  await withTimeout(disconnected, disconnectTimeoutMs).catch(() => undefined)
  client.close?.()
}
