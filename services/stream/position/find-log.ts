import type { TopicAdmin, TopicState } from '../../adapters/kafka/topic-admin.ts'
import type { PostgresLedgerStore } from '../../adapters/postgres/ledger/ledger-store.ts'
import type { FetchedRange, LedgerPosition } from '../../ledger/ledger.ts'
import type { KnownLog, LogIdentity } from '../../ledger/log-identity.ts'
import type { Logger } from '../../runtime/logger.ts'
import { sleep } from '../../runtime/retry.ts'

/** A fetched range and its partition. */
export type FetchedPartition = FetchedRange & { readonly partition: number }

/** The current log of a topic, and the topic as Kafka reports it. */
export type FoundLog = { readonly logId: number; readonly state: TopicState }

export type LogFinderOptions = {
  readonly topic: string
  readonly admin: Pick<TopicAdmin, 'state'>
  readonly identity: LogIdentity
  readonly ledgers: PostgresLedgerStore
  readonly logger: Logger
  readonly signal: AbortSignal
}

/** The topic in Kafka and in the database, and why they differ. */
type Comparison = {
  readonly state: TopicState
  readonly known: KnownLog | undefined
  readonly reason: string | undefined
  /** Whether the database knows no log of the topic and nothing was fetched yet. */
  readonly isFirst: boolean
}

/**
 * A broker that has just restarted may briefly report an end before records that it acknowledged.
 * So a new log is only accepted after this many checks, one second apart.
 */
const maxShortLogChecks = 6

/** Finds the current log of a topic in the database. Begins a new log if the topic is not that log. */
export class LogFinder {
  readonly #options: LogFinderOptions

  constructor(options: LogFinderOptions) {
    this.#options = options
  }

  /**
   * Checks several times before it accepts that the log is a new one.
   *
   * @param fetched what was fetched of a partition; undefined before the pipeline reads. Then the
   *   first log of the topic begins at once
   */
  async find(fetched?: FetchedPartition): Promise<FoundLog> {
    const { signal } = this.#options
    for (let check = 1; ; check += 1) {
      const compared = await this.#compare(fetched)
      const { known, state, reason, isFirst } = compared
      if (known && reason === undefined) return { logId: known.id, state }
      if (isFirst || check >= maxShortLogChecks)
        return { logId: await this.#beginLog(compared), state }
      await sleep(1_000, signal)
      if (signal.aborted) throw new Error('The service stopped while the log was being identified.')
    }
  }

  async #compare(fetched?: FetchedPartition): Promise<Comparison> {
    const { admin, identity } = this.#options
    const state = await admin.state()
    const known = await this.#knownLog(state, fetched)
    const observed = fetched
      ? { ...state, fetched: new Map([[fetched.partition, fetched]]) }
      : state
    const reason = identity.newLogReason(known, observed)
    return { state, known, reason, isFirst: known === undefined && fetched === undefined }
  }

  /** The log in the database, with the position of the fetched partition. */
  async #knownLog(state: TopicState, fetched?: FetchedPartition): Promise<KnownLog | undefined> {
    const { topic, ledgers } = this.#options
    const current = await ledgers.currentLog(topic)
    if (current === undefined) return undefined
    const positions = new Map<number, LedgerPosition>()
    if (fetched) {
      const { partition } = fetched
      const start = state.ranges[partition]?.low ?? 0
      positions.set(partition, await ledgers.ledgerOf(current.id, partition, start))
    }
    return { ...current, positions }
  }

  async #beginLog({ state, known, reason = '', isFirst }: Comparison): Promise<number> {
    const { topic, identity, ledgers, logger } = this.#options
    const after = known?.id
    const begun = { clusterId: state.clusterId, reason, after }
    const { id, began } = await ledgers.beginLog(topic, begun)
    await identity.mark(id)
    if (began && isFirst) logger.info({ id, after, reason }, 'log-begun')
    else if (began) logger.error({ id, after, reason }, 'new-log-begun')
    return id
  }
}
