import { hostname, networkInterfaces } from 'node:os'
import type { WorkerStore } from '../../adapters/postgres/tasks/worker-store.ts'
import type { Logger } from '../../runtime/logger.ts'
import { poll, WarnOnce } from '../../runtime/poll.ts'

type Options = {
  readonly store: WorkerStore
  /** The name of the service instance. */
  readonly name: string
  readonly logger: Logger
}

const intervalMs = 3_000

/** Registers the worker in the database, and reports at intervals that it is alive. */
export class WorkerRegistration implements AsyncDisposable {
  readonly #options: Options
  readonly #end = new AbortController()
  readonly #loop: Promise<void>
  #id: number | undefined
  #isDraining = false

  constructor(options: Options) {
    this.#options = options
    const { signal } = this.#end
    const warnings = new WarnOnce(options.logger, signal)
    const events = { failed: 'worker-not-reported', recovered: 'worker-reported-again' }
    this.#loop = poll(() => warnings.attempt(() => this.#report(), events), { intervalMs, signal })
  }

  /** The id in the table `worker`; undefined until the database was reached. */
  get id(): number | undefined {
    return this.#id
  }

  async #report(): Promise<void> {
    const { store, name, logger } = this.#options
    if (this.#id !== undefined && (await store.report(this.#id, this.#isDraining))) return
    this.#id = await store.register({ name, ip: ownAddress(), host: hostname(), pid: process.pid })
    logger.info({ worker: this.#id }, 'worker-registered')
  }

  /** Shows that the worker finishes its tasks and claims no others. */
  async drain(): Promise<void> {
    this.#isDraining = true
    await this.#report().catch(() => undefined)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end.abort()
    await this.#loop
    // Without the database the worker is shown as lost.
    if (this.#id !== undefined) await this.#options.store.stop(this.#id).catch(() => undefined)
  }
}

/** The first address of the machine that other machines can reach. */
function ownAddress(): string {
  const addresses = Object.values(networkInterfaces()).flatMap((each) => each ?? [])
  const own = addresses.find(({ internal, family }) => !internal && family === 'IPv4')
  return own?.address ?? '127.0.0.1'
}
