import type { ListenAddress } from '../adapters/http/server.ts'
import type { Logger } from '../runtime/logger.ts'
import { poll } from '../runtime/poll.ts'
import { answersOk } from '../runtime/process/http-probe.ts'
import type { ProducerAddresses } from './config.ts'

const intervalMs = 500

/** Checks the readiness of every producer twice a second. */
export class ProducerWatch {
  readonly #producers: readonly ProducerAddresses[]
  readonly #logger: Logger
  readonly #ready = new Set<ProducerAddresses>()

  constructor(producers: readonly ProducerAddresses[], logger: Logger) {
    this.#producers = producers
    this.#logger = logger
  }

  /** The main addresses of the producers that were ready at the last check. */
  get ready(): ListenAddress[] {
    return this.#producers.filter((producer) => this.#ready.has(producer)).map(({ main }) => main)
  }

  async watch(signal: AbortSignal): Promise<void> {
    const checkAll = () => Promise.all(this.#producers.map((producer) => this.#check(producer)))
    await poll(checkAll, { intervalMs, signal })
  }

  async #check(producer: ProducerAddresses): Promise<void> {
    const isReady = await answersOk({ ...producer.ops, path: '/readyz' })
    if (isReady === this.#ready.has(producer)) return
    if (isReady) this.#ready.add(producer)
    else this.#ready.delete(producer)
    this.#logger.info({ ...producer.main, ready: isReady }, 'producer-changed')
  }
}
