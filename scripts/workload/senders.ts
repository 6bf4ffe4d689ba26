import { setMaxListeners } from 'node:events'
import { Agent } from 'node:http'
import { Agent as TlsAgent } from 'node:https'

/**
 * Connections that are kept. The certificate is not verified: its names are not the address of this machine, and
 * no other program can listen on the port of the platform.
 */
function agentFor(url: string): Agent {
  return url.startsWith('https:')
    ? new TlsAgent({ keepAlive: true, rejectUnauthorized: false })
    : new Agent({ keepAlive: true })
}

type Options = {
  readonly url: string
  /** Name of what is sent, in the plural. */
  readonly unit: string
}

/** Clients that send at the same time, and how they end. */
export class Senders {
  readonly agent: Agent
  readonly #unit: string
  readonly #stop = new AbortController()
  readonly #giveUp = new AbortController()
  #running: readonly Promise<void>[] = []
  #failure: Error | undefined

  constructor({ url, unit }: Options) {
    this.agent = agentFor(url)
    this.#unit = unit
  }

  /** Aborted when nothing new may be sent. */
  get stopped(): AbortSignal {
    return this.#stop.signal
  }

  /** Aborted when what is not acknowledged yet may not be sent again. */
  get givenUp(): AbortSignal {
    return this.#giveUp.signal
  }

  /** @param send sends until `stopped`; what it throws is reported by `stop` */
  start(count: number, send: (index: number) => Promise<void>): void {
    // Each sender listens to both signals.
    setMaxListeners(count, this.stopped, this.givenUp)
    this.#running = Array.from({ length: count }, (_, index) =>
      send(index).catch((error: unknown) => {
        this.#failure ??= error as Error
      }),
    )
  }

  /**
   * Resolves when everything that was sent is acknowledged, or is given up after the timeout.
   *
   * @returns failures: units that were given up, unexpected answers
   */
  async stop(timeoutSeconds: number): Promise<string[]> {
    this.#stop.abort()
    if (timeoutSeconds === 0) this.#giveUp.abort()
    const limit = setTimeout(() => {
      this.#giveUp.abort()
    }, timeoutSeconds * 1_000)
    await Promise.all(this.#running)
    clearTimeout(limit)
    this.agent.destroy()
    const failures = this.#failure ? [this.#failure.message] : []
    if (!this.givenUp.aborted) return failures
    return [
      `not all ${this.#unit} were acknowledged within ${timeoutSeconds} s after the last one`,
      ...failures,
    ]
  }
}
