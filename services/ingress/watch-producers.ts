import type { ListenAddress } from '../adapters/http/server.ts'
import type { Logger } from '../runtime/logger.ts'
import { poll } from '../runtime/poll.ts'
import { answersOk } from '../runtime/process/http-probe.ts'
import type { Upstream } from './config.ts'

const intervalMs = 500

/** Asks every producer twice a second whether it is ready. */
export class ProducerWatch {
  readonly #producers: readonly Upstream[]
  readonly #logger: Logger
  readonly #ready = new Set<Upstream>()

  constructor(producers: readonly Upstream[], logger: Logger) {
    this.#producers = producers
    this.#logger = logger
  }

  /** Where the producers are that said so last time. */
  get ready(): ListenAddress[] {
    return this.#producers.filter((producer) => this.#ready.has(producer)).map(({ main }) => main)
  }

  async watch(signal: AbortSignal): Promise<void> {
    const lookAtAll = () => Promise.all(this.#producers.map((producer) => this.#look(producer)))
    await poll(lookAtAll, { intervalMs, signal })
  }

  async #look(producer: Upstream): Promise<void> {
    const isReady = await answersOk({ ...producer.ops, path: '/readyz' })
    if (isReady === this.#ready.has(producer)) return
    if (isReady) this.#ready.add(producer)
    else this.#ready.delete(producer)
    this.#logger.info({ ...producer.main, ready: isReady }, 'producer-changed')
  }
}
