import type { TopicAdmin } from '../../adapters/kafka/topic-admin.ts'
import type { LastCheck } from '../../adapters/postgres/ledger/account-store.ts'
import type {
  LedgerOfPartition,
  PostgresLedgerStore,
} from '../../adapters/postgres/ledger/ledger-store.ts'
import type { Delay, PostgresVehicleStore } from '../../adapters/postgres/readings/vehicle-store.ts'
import { LinkedAbort, unlessAborted } from '../../runtime/abort.ts'
import type { Logger } from '../../runtime/logger.ts'
import { poll, WarnOnce } from '../../runtime/poll.ts'
import { sleep } from '../../runtime/retry.ts'
import type { DeadLetterGroup, ServiceState } from '../api/health.ts'
import type { TopicLog } from './topic-log.ts'
import { readTopicLog } from './topic-log.ts'
import type { DeadLetterMonitor } from './dead-letter-monitor.ts'
import { checkServices } from './check-services.ts'
import type { WatchedService } from './watched-service.ts'

/** What is known of the platform; a part that could not be asked is undefined. */
export type PlatformView = {
  readonly topicLog: TopicLog | undefined
  readonly ledgers: readonly LedgerOfPartition[] | undefined
  /** Of the last seconds. */
  readonly delays: readonly Delay[] | undefined
  readonly services: readonly ServiceState[] | undefined
  readonly deadLetters: readonly DeadLetterGroup[] | undefined
  readonly lastCheck: LastCheck | undefined
}

export type PlatformMonitorOptions = {
  readonly admin: TopicAdmin
  readonly ledgers: PostgresLedgerStore
  readonly vehicles: PostgresVehicleStore
  readonly deadLetters: DeadLetterMonitor
  readonly lastCheck: () => Promise<LastCheck | undefined>
  readonly services: readonly WatchedService[]
  /** Vehicles of which readings come now, some of them. */
  readonly sampleVins: () => readonly string[]
  /** Told after each look. */
  readonly onUpdate: (view: PlatformView) => void
  readonly logger: Logger
}

const lookMs = 2_000
const servicesMs = 5_000
/** What nobody watches by the second: counting letters reads all of them. */
const slowMs = 10_000
/** Milliseconds after which the first look is given up, and the live picture begins without it. */
const firstLookMs = 10_000
const delaysOfSeconds = 10

/** Asks the cluster, the database and the services how they are, again and again. */
export class PlatformMonitor {
  readonly #options: PlatformMonitorOptions
  readonly #warnings: WarnOnce
  #view: PlatformView = {
    topicLog: undefined,
    ledgers: undefined,
    delays: undefined,
    services: undefined,
    deadLetters: undefined,
    lastCheck: undefined,
  }

  constructor(options: PlatformMonitorOptions) {
    this.#options = options
    this.#warnings = new WarnOnce(options.logger)
  }

  /** What the last looks have found. */
  get view(): PlatformView {
    return this.#view
  }

  /** The view, as soon as log and ledgers are known; what there is of it where that takes too long. */
  async readInitialView(signal: AbortSignal, limitMs = firstLookMs): Promise<PlatformView> {
    using giveUp = new LinkedAbort(signal)
    const limit = setTimeout(() => {
      giveUp.abort()
    }, limitMs)
    while (!giveUp.signal.aborted) {
      await unlessAborted(this.#look(), giveUp.signal)
      if (this.#view.topicLog !== undefined && this.#view.ledgers !== undefined) break
      await sleep(200, giveUp.signal)
    }
    clearTimeout(limit)
    return this.#view
  }

  /** Looks until the signal aborts. Never rejects, and waits for no answer after that. */
  async run(signal: AbortSignal): Promise<void> {
    const loop = (intervalMs: number, look: () => Promise<void>): Promise<void> =>
      poll(() => unlessAborted(look(), signal), { intervalMs, signal })
    await Promise.all([
      loop(lookMs, () => this.#look()),
      loop(servicesMs, () => this.#lookAtServices()),
      loop(slowMs, () => this.#lookSlowly()),
    ])
  }

  async #look(): Promise<void> {
    const { admin, ledgers, vehicles, sampleVins, onUpdate } = this.#options
    const [topicLog, present, delays] = await Promise.all([
      this.#unlessAway('topic-not-seen', () => readTopicLog(admin)),
      this.#unlessAway('ledgers-not-seen', () => ledgers.ledgers()),
      this.#unlessAway('delays-not-seen', () =>
        vehicles.recentDelays(sampleVins(), delaysOfSeconds),
      ),
    ])
    this.#view = { ...this.#view, topicLog, ledgers: present, delays }
    onUpdate(this.#view)
  }

  async #lookAtServices(): Promise<void> {
    const services = await checkServices(this.#options.services)
    this.#view = { ...this.#view, services }
  }

  async #lookSlowly(): Promise<void> {
    const { deadLetters, lastCheck } = this.#options
    const [groups, check] = await Promise.all([
      this.#unlessAway('dead-letters-not-seen', () => deadLetters.groups()),
      this.#unlessAway('account-check-not-seen', lastCheck),
    ])
    this.#view = { ...this.#view, deadLetters: groups, lastCheck: check }
  }

  /** The answer, or undefined where the question fails. */
  #unlessAway<T>(failed: string, question: () => Promise<T>): Promise<T | undefined> {
    return this.#warnings.attempt(question, { failed })
  }
}
