import type { Random } from '../../../fleet/random.ts'
import { sleep } from '../../../services/runtime/retry.ts'
import { Senders } from '../senders.ts'
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
  readonly #senders: Senders
  readonly #beganAt = performance.now()

  constructor(options: DeviceLoadOptions) {
    this.#options = options
    const { url, accounts } = options
    this.#senders = new Senders({ url, unit: 'positions' })
    this.#senders.start(accounts.length, (index) => this.#drive(index))
  }

  get acknowledged(): number {
    return this.#options.accounts.reduce((sum, { acknowledged }) => sum + acknowledged, 0)
  }

  /** `Senders.stop` */
  stop(timeoutSeconds: number): Promise<string[]> {
    return this.#senders.stop(timeoutSeconds)
  }

  async #drive(device: number): Promise<void> {
    const { accounts, rate, random } = this.#options
    const account = accounts[device]
    if (account === undefined) return
    const msPerPosition = (1_000 * accounts.length) / rate
    const randomDueTime = (): number => performance.now() + random() * msPerPosition
    let due = randomDueTime()
    for (;;) {
      await sleep(Math.max(0, due - performance.now()), this.#senders.stopped)
      if (this.#senders.stopped.aborted) return
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
      const { status, body } = await send(this.#options.url, request, this.#senders.agent)
      if (status === 200 || status === 202) return true
      if (!this.#mayRepeat(status))
        throw new Error(`a request to ${request.path.split('/')[2] ?? ''} got ${status}: ${body}`)
      this.refused += 1
      if (this.#senders.givenUp.aborted) return false
      await sleep(retryMs, this.#senders.givenUp)
    }
  }

  #mayRepeat(status: number | 'no-answer'): boolean {
    if (status === 'no-answer' || retryStatuses.includes(status)) return true
    return status === 401 && performance.now() - this.#beganAt < unreadMs
  }
}
