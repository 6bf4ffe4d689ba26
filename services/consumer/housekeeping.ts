import type { TopicAdmin } from '../adapters/kafka/topic-admin.ts'
import { lastCheck } from '../adapters/postgres/account-store.ts'
import type { Pool } from '../adapters/postgres/connection.ts'
import { createPool, cutOnAbort, withSessionLock } from '../adapters/postgres/connection.ts'
import { PostgresDayStore } from '../adapters/postgres/day-store.ts'
import { PostgresLedgerStore } from '../adapters/postgres/ledger-store.ts'
import type { PostgresSettings } from '../adapters/postgres/settings.ts'
import { LinkedAbort } from '../runtime/abort.ts'
import type { Log } from '../runtime/log.ts'
import { poll, WarnOnce } from '../runtime/poll.ts'
import { sleep } from '../runtime/retry.ts'
import { daysToRetire, DueDays } from '../telemetry/retention.ts'
import type { AccountMetrics } from './account-metrics.ts'
import { checkAccount } from './check-account.ts'
import type { Clock } from './clock.ts'
import { reindexDays } from './reindex-days.ts'
import { retireDays } from './retire-days.ts'

export type HousekeepingOptions = {
  readonly postgres: PostgresSettings
  readonly topic: string
  readonly admin: TopicAdmin
  readonly retention: number
  /** Milliseconds for which a day must have been past the retention before it goes. */
  readonly retireAfterMs: number
  /** Seconds between two checks of the account against the rows themselves. */
  readonly checkIntervalSeconds: number
  readonly metrics: AccountMetrics
  readonly log: Log
  readonly now: Clock
}

/** The numbers under which the consumers agree who keeps house, and who builds indexes. */
const housekeepingLock = 7_243_002
const reindexLock = 7_243_003
const roundMs = 5_000
/** An index may take minutes, and one that could not be built would be built for nothing again. */
const reindexRoundMs = 3_600_000
/** Milliseconds after which Kafka is taken not to answer. */
const answerWithin = 10_000

/**
 * Beside the storing of readings, on connections of its own: shows the account as metrics and, in
 * one consumer at a time, retires days, checks the account, and builds the indexes of days that are
 * over anew. A failure is a warning, and the next round tries again.
 */
export class Housekeeping implements AsyncDisposable {
  readonly #options: HousekeepingOptions
  readonly #pool: Pool
  readonly #days: PostgresDayStore
  readonly #due: DueDays
  readonly #ledgers: PostgresLedgerStore
  readonly #end = new AbortController()
  readonly #loops: Promise<unknown>
  readonly #warnings: WarnOnce

  constructor(options: HousekeepingOptions) {
    this.#options = options
    const { postgres, log } = options
    this.#pool = createPool(postgres, { ...poolOptions, log })
    this.#days = new PostgresDayStore(this.#pool, postgres.table)
    this.#due = new DueDays(options.retireAfterMs)
    this.#ledgers = new PostgresLedgerStore(this.#pool, postgres.table)
    const { signal } = this.#end
    this.#warnings = new WarnOnce(log, signal)
    cutOnAbort(this.#pool, signal)
    this.#loops = Promise.all([
      this.#loop('account-view-failed', roundMs, () => this.#look()),
      this.#loop('housekeeping-failed', roundMs, () =>
        withSessionLock(this.#pool, housekeepingLock, () => this.#keepHouse()),
      ),
      this.#loop('reindexing-failed', reindexRoundMs, () =>
        withSessionLock(this.#pool, reindexLock, () => this.#reindex()),
      ),
    ])
  }

  #loop(failed: string, intervalMs: number, round: () => Promise<unknown>): Promise<void> {
    const attempt = () => this.#warnings.attempt(round, { failed })
    return poll(attempt, { intervalMs, signal: this.#end.signal })
  }

  /** Neither waits for the other's success. */
  async #keepHouse(): Promise<void> {
    const { now, retention, log, checkIntervalSeconds, postgres } = this.#options
    const { signal } = this.#end
    const due = this.#due
    const retire = () => retireDays({ days: this.#days, now, retention, due, log, signal })
    await this.#warnings.attempt(retire, { failed: 'retirement-failed' })
    const check = async (): Promise<void> => {
      const last = await lastCheck(this.#pool, postgres.table)
      if (last !== undefined && last.ageSeconds < checkIntervalSeconds) return
      await checkAccount({ pool: this.#pool, table: postgres.table, log })
    }
    await this.#warnings.attempt(check, { failed: 'account-check-failed' })
  }

  #reindex(): Promise<void> {
    const { now, log } = this.#options
    return reindexDays({ days: this.#days, now, log, signal: this.#end.signal })
  }

  async #look(): Promise<void> {
    const { postgres, topic, metrics, retention, now, checkIntervalSeconds } = this.#options
    const ranges = await this.#ranges()
    const ledgers = await this.#ledgers.ledgers()
    const current = await this.#ledgers.currentLog(topic)
    const days = await this.#days.days()
    const rowsOfRetiredDays = await this.#days.rowsOfRetiredDays()
    const check = await lastCheck(this.#pool, postgres.table)
    const daysOverdue = daysToRetire(days, { now: now() * 1000, retention }).length
    const view = { ledgers, ranges, days, daysOverdue, rowsOfRetiredDays, checkIntervalSeconds }
    metrics.show({ ...view, currentLog: current?.id, lastCheck: check })
  }

  /** None where Kafka does not answer; a stop does not wait for it. */
  async #ranges() {
    const asked = this.#options.admin.ranges().catch(() => [])
    using waiting = new LinkedAbort(this.#end.signal)
    const stopped = sleep(answerWithin, waiting.signal).then(() => [])
    const ranges = await Promise.race([asked, stopped])
    waiting.abort()
    return ranges
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end.abort()
    await this.#loops
    await this.#pool.end()
  }
}

const poolOptions = {
  applicationName: 'av-telemetry housekeeping',
  maxConnections: 5,
  // What nobody waits for any more ends; what somebody waits for takes one core. A transaction that
  // somebody left open holds up no more than this round.
  serverOptions:
    '-c client_connection_check_interval=2s -c max_parallel_workers_per_gather=0 -c max_parallel_maintenance_workers=0 -c lock_timeout=60s',
}
