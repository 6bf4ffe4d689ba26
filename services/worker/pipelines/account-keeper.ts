import { readAccounts } from '../../adapters/postgres/ledger/read-accounts.ts'
import type { Pool } from '../../adapters/postgres/driver/connection.ts'
import { withSessionLock } from '../../adapters/postgres/driver/connection.ts'
import type { Logger } from '../../runtime/logger.ts'
import { poll, WarnOnce } from '../../runtime/poll.ts'
import type { AccountMetrics, AccountView } from '../../stream/account-metrics.ts'
import { checkAccountIfDue, isCheckDue } from '../../stream/check-account.ts'
import { readRanges } from '../../stream/read-ranges.ts'
import type { RunningPipeline } from './running-pipeline.ts'
import type { Stage } from './stage.ts'

type KeptStage = Pick<Stage, 'name' | 'topic' | 'admin'>
type KeptPipeline = Pick<RunningPipeline, 'accounted'> & { readonly stages: readonly KeptStage[] }
type Accounted = NonNullable<KeptPipeline['accounted']>

type Options = {
  readonly pool: Pool
  readonly running: () => readonly KeptPipeline[]
  readonly metrics: Pick<AccountMetrics, 'show' | 'remove'>
  /** Seconds between two comparisons of an account with the rows. */
  readonly checkIntervalSeconds: number
  readonly logger: Logger
  /** Milliseconds between two rounds. */
  readonly intervalMs?: number
}

const defaultIntervalMs = 10_000
/** Id of the database lock: one worker at a time checks the accounts. */
const checkLockId = 7_243_004

/**
 * Publishes the accounts of the running pipelines as metrics, and checks each when it is due. One query
 * reads all accounts, so that many pipelines without traffic cost little.
 */
export class AccountKeeper implements AsyncDisposable {
  readonly #options: Options
  readonly #end = new AbortController()
  readonly #loop: Promise<void>
  readonly #warnings: WarnOnce
  /** The stages whose account is published. */
  readonly #shown = new Set<string>()
  /** By pipeline: a fault of one is logged once, also while the checks of others succeed. */
  readonly #checkWarnings = new Map<string, WarnOnce>()

  constructor(options: Options) {
    this.#options = options
    const { signal } = this.#end
    this.#warnings = new WarnOnce(options.logger, signal)
    const { intervalMs = defaultIntervalMs } = options
    this.#loop = poll(() => this.#round(), { intervalMs, signal })
  }

  async #round(): Promise<void> {
    const pipelines = this.#options.running()
    const stages = pipelines.flatMap((pipeline) => pipeline.stages)
    await this.#forgetStopped(stages)
    const events = { failed: 'account-view-failed' }
    const views = await this.#warnings.attempt(() => this.#show(stages), events)
    if (views !== undefined) await this.#checkDue(pipelines, views)
  }

  async #forgetStopped(stages: readonly KeptStage[]): Promise<void> {
    const names = new Set(stages.map(({ name }) => name))
    for (const name of this.#shown) {
      if (names.has(name)) continue
      await this.#options.metrics.remove(name)
      this.#shown.delete(name)
      this.#checkWarnings.delete(name)
    }
  }

  async #show(stages: readonly KeptStage[]): Promise<AccountView[]> {
    const { pool, metrics, checkIntervalSeconds } = this.#options
    const admins = stages.map(({ admin }) => admin)
    const { signal } = this.#end
    const ranges = await readRanges(admins, signal)
    // The reading was stopped, so these are not the ranges of the topics.
    if (signal.aborted) return []
    const owners = stages.map(({ name: pipeline, topic }) => ({ pipeline, topic }))
    const accounts = await readAccounts(pool, owners)
    const rangesOf = new Map(stages.map(({ name }, index) => [name, ranges[index] ?? []]))
    return accounts.map((account) => {
      const { pipeline } = account
      const view = { ...account, ranges: rangesOf.get(pipeline) ?? [], checkIntervalSeconds }
      this.#shown.add(pipeline)
      metrics.show(view)
      return view
    })
  }

  async #checkDue(
    pipelines: readonly KeptPipeline[],
    views: readonly AccountView[],
  ): Promise<void> {
    const { pool, checkIntervalSeconds } = this.#options
    const lastChecks = new Map(views.map(({ pipeline, lastCheck }) => [pipeline, lastCheck]))
    const due = pipelines.flatMap(({ accounted }) =>
      accounted && isCheckDue(lastChecks.get(accounted.pipeline), checkIntervalSeconds)
        ? [accounted]
        : [],
    )
    if (due.length === 0) return
    const events = { failed: 'account-check-failed' }
    const check = () => withSessionLock(pool, checkLockId, () => this.#checkAll(due))
    await this.#warnings.attempt(check, events)
  }

  /** Checks all, even if one fails, e.g. because its table was dropped. */
  async #checkAll(pipelines: readonly Accounted[]): Promise<void> {
    const { pool, checkIntervalSeconds, logger } = this.#options
    for (const accounted of pipelines) {
      if (this.#end.signal.aborted) return
      // Another worker may have checked it since the accounts were read.
      const check = () => checkAccountIfDue({ pool, accounted, checkIntervalSeconds, logger })
      const events = { failed: 'account-check-failed' }
      await this.#checkWarningsOf(accounted.pipeline).attempt(check, events)
    }
  }

  #checkWarningsOf(pipeline: string): WarnOnce {
    const present = this.#checkWarnings.get(pipeline)
    if (present) return present
    const warnings = new WarnOnce(this.#options.logger.child({ pipeline }), this.#end.signal)
    this.#checkWarnings.set(pipeline, warnings)
    return warnings
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end.abort()
    await this.#loop
  }
}
