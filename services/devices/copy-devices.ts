import type { PostgresDeviceStore } from '../adapters/postgres/devices/device-store.ts'
import type { Logger } from '../runtime/logger.ts'
import { poll, WarnOnce } from '../runtime/poll.ts'
import { WakeUp } from '../runtime/wake-up.ts'
import type { Device } from '../telemetry/devices/device.ts'

/** The next attempt after an outage of the database. */
const retryMs = 1_000
const batchSize = 5_000

type Options = {
  readonly store: Pick<PostgresDeviceStore, 'store'>
  readonly logger: Logger
}

/** Copies devices to Postgres in the background. Only the last state of each vin is kept until it is stored. */
export class DeviceCopy implements AsyncDisposable {
  readonly #options: Options
  readonly #stop = new AbortController()
  readonly #wakeUp = new WakeUp()
  #waiting = new Map<string, Device>()
  readonly #running: Promise<void>

  constructor(options: Options) {
    this.#options = options
    const { signal } = this.#stop
    const warnings = new WarnOnce(options.logger, signal)
    const events = { failed: 'devices-not-copied', recovered: 'devices-copied-again' }
    const work = () => warnings.attempt(() => this.#storeAll(), events)
    this.#running = poll(work, { intervalMs: retryMs, signal, wakeUp: this.#wakeUp })
  }

  add(device: Device): void {
    this.#waiting.set(device.vin, device)
    this.#wakeUp.call()
  }

  async #storeAll(): Promise<void> {
    while (this.#waiting.size > 0 && !this.#stop.signal.aborted) {
      const batch = [...this.#waiting.values()].slice(0, batchSize)
      await this.#options.store.store(batch)
      // A device that has changed meanwhile waits for the next batch.
      for (const device of batch)
        if (this.#waiting.get(device.vin) === device) this.#waiting.delete(device.vin)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    await this.#running
  }
}
