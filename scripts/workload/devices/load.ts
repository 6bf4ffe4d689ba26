import { setMaxListeners } from 'node:events'
import type { Agent } from 'node:http'
import type { Random } from '../../../fleet/random.ts'
import { sleep } from '../../../services/runtime/retry.ts'
import { agentFor } from '../readings/load.ts'
import type { DeviceAccount } from './account.ts'
import type { DeviceRequest } from './device-requests.ts'
import { deviceRequests } from './device-requests.ts'
import { send } from './send.ts'

/** Milliseconds before a request is sent again. */
const retryMs = 500
/** A device that is later than this does not catch up. */
const maxLatenessMs = 500
/** Producers read new devices within this time. Until then they answer 401. */
const unreadMs = 10_000
const retryStatuses = [408, 429, 502, 503, 504]
const builders = Object.values(deviceRequests)

export type DeviceLoadOptions = {
  /** URL of the ingress without a path. */
  readonly url: string
  /** Positions per second of all devices together. */
  readonly rate: number
  readonly accounts: readonly DeviceAccount[]
  readonly random: Random
}

/** Devices that report in all formats in turn. Each repeats a request unchanged until it is acknowledged. */
export class DeviceLoad {
  /** Requests that were refused or not answered, counted for each attempt. */
  refused = 0
  readonly #options: DeviceLoadOptions
  readonly #agent: Agent
  readonly #stop = new AbortController()
  readonly #giveUp = new AbortController()
  readonly #beganAt = performance.now()
  readonly #devices: readonly Promise<void>[]
  #failure: Error | undefined

  constructor(options: DeviceLoadOptions) {
    this.#options = options
    this.#agent = agentFor(options.url)
    // Every device listens to both signals.
    setMaxListeners(options.accounts.length, this.#stop.signal, this.#giveUp.signal)
    this.#devices = options.accounts.map((account, index) =>
      this.#drive(account, index).catch((error: unknown) => {
        this.#failure ??= error as Error
      }),
    )
  }

  get acknowledged(): number {
    return this.#options.accounts.reduce((sum, { acknowledged }) => sum + acknowledged, 0)
  }

  /** @returns failures: positions that were given up, unexpected answers */
  async stop(timeoutSeconds: number): Promise<string[]> {
    this.#stop.abort()
    const limit = setTimeout(() => {
      this.#giveUp.abort()
    }, timeoutSeconds * 1_000)
    await Promise.all(this.#devices)
    clearTimeout(limit)
    this.#agent.destroy()
    const failures = this.#failure ? [this.#failure.message] : []
    if (!this.#giveUp.signal.aborted) return failures
    return [
      `not all positions were acknowledged within ${timeoutSeconds} s after the last one`,
      ...failures,
    ]
  }

  async #drive(account: DeviceAccount, device: number): Promise<void> {
    const { accounts, rate, random } = this.#options
    const msPerPosition = (1_000 * accounts.length) / rate
    const randomDueTime = (): number => performance.now() + random() * msPerPosition
    let due = randomDueTime()
    for (;;) {
      await sleep(Math.max(0, due - performance.now()), this.#stop.signal)
      if (this.#stop.signal.aborted) return
      const { number, ...position } = account.create()
      const request = builders[(device + number) % builders.length]?.(position)
      if (request !== undefined && (await this.#sendUntilAcknowledged(request)))
        account.acknowledge(number)
      due += msPerPosition
      if (due < performance.now() - maxLatenessMs) due = randomDueTime()
    }
  }

  /** @returns false if it was given up */
  async #sendUntilAcknowledged(request: DeviceRequest): Promise<boolean> {
    for (;;) {
      const { status, body } = await send(this.#options.url, request, this.#agent)
      if (status === 200 || status === 202) return true
      if (!this.#mayRepeat(status))
        throw new Error(`a request to ${request.path.split('/')[2] ?? ''} got ${status}: ${body}`)
      this.refused += 1
      if (this.#giveUp.signal.aborted) return false
      await sleep(retryMs, this.#giveUp.signal)
    }
  }

  #mayRepeat(status: number | 'no-answer'): boolean {
    if (status === 'no-answer' || retryStatuses.includes(status)) return true
    return status === 401 && performance.now() - this.#beganAt < unreadMs
  }
}
