import type { TopicAdmin } from '../../adapters/kafka/topic-admin.ts'
import type { LastCheck } from '../../adapters/postgres/ledger/read-accounts.ts'
import type { PostgresLedgerStore } from '../../adapters/postgres/ledger/ledger-store.ts'
import type { TasksByState, WorkBacklog } from '../../adapters/postgres/tasks/work-now.ts'
import type { LedgerOfPartition } from '../../ledger/account.ts'
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

/** The last known state of the platform. A part that could not be read is undefined. */
export type PlatformView = {
  readonly topicLog: TopicLog | undefined
  readonly ledgers: readonly LedgerOfPartition[] | undefined
  /** Of readings that were stored in the last seconds. */
  readonly delays: readonly Delay[] | undefined
  readonly services: readonly ServiceState[] | undefined
  readonly deadLetters: readonly DeadLetterGroup[] | undefined
  readonly lastCheck: LastCheck | undefined
  readonly work: WorkView | undefined
}

/** The tasks of all pipelines, and what waits for their workers. */
type WorkView = WorkBacklog & { readonly tasks: readonly TasksByState[] }

export type PlatformMonitorOptions = {
  readonly admin: Pick<TopicAdmin, 'state'>
  readonly ledgers: PostgresLedgerStore
  readonly vehicles: PostgresVehicleStore
  readonly deadLetters: DeadLetterMonitor
  readonly lastCheck: () => Promise<LastCheck | undefined>
  readonly work: () => Promise<WorkView>
  readonly services: readonly WatchedService[]
  /** The vins whose delays are measured: some of those that report now. */
  readonly sampleVins: () => readonly string[]
  /** Called after each reading of the counts. */
  readonly onUpdate: (view: PlatformView) => void
  readonly logger: Logger
}

const countsIntervalMs = 2_000
const servicesIntervalMs = 5_000
/** Longer than the others, because counting the dead letters reads all of them. */
const deadLettersIntervalMs = 10_000
/** After this time the dashboard starts without a complete initial view. */
const initialViewTimeoutMs = 10_000
const delayWindowSeconds = 10

/** Reads the state of the cluster, the database and the services at fixed intervals. */
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
    work: undefined,
  }

  constructor(options: PlatformMonitorOptions) {
    this.#options = options
    this.#warnings = new WarnOnce(options.logger)
  }

  get view(): PlatformView {
    return this.#view
  }

  /**
   * Returns the view as soon as the topic's log and the ledgers are known. After the timeout, or
   * when the signal aborts, it returns the view as far as it is known.
   */
  async readInitialView(
    signal: AbortSignal,
    timeoutMs = initialViewTimeoutMs,
  ): Promise<PlatformView> {
    using timeout = new LinkedAbort(signal)
    const timer = setTimeout(() => {
      timeout.abort()
    }, timeoutMs)
    while (!timeout.signal.aborted) {
      await unlessAborted(this.#readCounts(), timeout.signal)
      if (this.#view.topicLog !== undefined && this.#view.ledgers !== undefined) break
      await sleep(200, timeout.signal)
    }
    clearTimeout(timer)
    return this.#view
  }

  /** Polls until the signal aborts, and then does not wait for pending answers. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const loop = (intervalMs: number, read: () => Promise<void>): Promise<void> =>
      poll(() => unlessAborted(read(), signal), { intervalMs, signal })
    await Promise.all([
      loop(countsIntervalMs, () => this.#readCounts()),
      loop(servicesIntervalMs, () => this.#checkServices()),
      loop(deadLettersIntervalMs, () => this.#readDeadLetters()),
    ])
  }

  async #readCounts(): Promise<void> {
    const { admin, ledgers, vehicles, sampleVins, onUpdate } = this.#options
    const [topicLog, storedLedgers, delays] = await Promise.all([
      this.#readOrWarn('topic-not-seen', () => readTopicLog(admin)),
      this.#readOrWarn('ledgers-not-seen', () => ledgers.ledgers()),
      this.#readOrWarn('delays-not-seen', () =>
        vehicles.recentDelays(sampleVins(), delayWindowSeconds),
      ),
    ])
    this.#view = { ...this.#view, topicLog, ledgers: storedLedgers, delays }
    onUpdate(this.#view)
  }

  async #checkServices(): Promise<void> {
    const services = await checkServices(this.#options.services)
    this.#view = { ...this.#view, services }
  }

  async #readDeadLetters(): Promise<void> {
    const { deadLetters, lastCheck, work: readWork } = this.#options
    const [groups, check, work] = await Promise.all([
      this.#readOrWarn('dead-letters-not-seen', () => deadLetters.groups()),
      this.#readOrWarn('account-check-not-seen', lastCheck),
      this.#readOrWarn('tasks-not-seen', readWork),
    ])
    this.#view = { ...this.#view, deadLetters: groups, lastCheck: check, work }
  }

  /** Returns undefined if `read` fails, and logs the first failure in a row as `failed`. */
  #readOrWarn<T>(failed: string, read: () => Promise<T>): Promise<T | undefined> {
    return this.#warnings.attempt(read, { failed })
  }
}
