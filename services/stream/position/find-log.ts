import type { TopicAdmin, TopicState } from '../../adapters/kafka/topic-admin.ts'
import type { PostgresLedgerStore, TopicLog } from '../../adapters/postgres/ledger/ledger-store.ts'
import type { LedgerOfPartition } from '../../ledger/account.ts'
import type { FetchedRange, LedgerPosition } from '../../ledger/ledger.ts'
import type { KnownLog, LogIdentity } from '../../ledger/log-identity.ts'
import type { Logger } from '../../runtime/logger.ts'
import { sleep } from '../../runtime/retry.ts'

/** A fetched range and its partition. */
export type FetchedPartition = FetchedRange & { readonly partition: number }

/** The current log of a topic, and the topic as Kafka reports it. */
export type FoundLog = {
  readonly logId: number
  /** The id of the topic of this log, if it is read. */
  readonly topicId: string | undefined
  readonly state: TopicState
}

/** A log of the topic in which the pipeline has no ledgers, after one in which it has them. */
export type AnotherLog = {
  /** The latest log in which the pipeline has ledgers. */
  readonly afterLog: number
  /** Why it is another log. */
  readonly reason: string
}

/** The topic is another log, and the pipeline must not read it. */
export class AnotherLogError extends Error {
  readonly code = 'ANOTHER_LOG'
  constructor(topic: string, reason: string) {
    super(`The topic ${topic} is another log: ${reason}. It is not read until a user decides.`)
    this.name = 'AnotherLogError'
  }
}

export type LogFinderOptions = {
  readonly topic: string
  readonly admin: Pick<TopicAdmin, 'state' | 'topicId'>
  readonly identity: LogIdentity
  readonly ledgers: PostgresLedgerStore
  readonly logger: Logger
  readonly signal: AbortSignal
  /**
   * Called instead of beginning another log, if the pipeline has ledgers already. If undefined, the
   * pipeline continues in the other log.
   */
  readonly onAnotherLog?: ((log: AnotherLog) => Promise<void>) | undefined
}

/** The topic in Kafka and in the database, and why they differ. */
type Comparison = {
  readonly state: TopicState
  /** The id of the topic as Kafka reports it now, if it is read. */
  readonly topicId: string | undefined
  readonly known: KnownLog | undefined
  readonly reason: string | undefined
  /** Whether more checks cannot change the result. */
  readonly isCertain: boolean
  /** Whether the database knows no log of the topic and nothing was fetched yet. */
  readonly isFirst: boolean
  /** The latest log with ledgers, of a pipeline that must not read another one. */
  readonly onlyLog: number | undefined
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

  /** Whether the pipeline must not read another log until a user decides. */
  get isBoundToLog(): boolean {
    return this.#options.onAnotherLog !== undefined
  }

  /**
   * Checks several times before it accepts that the log is a new one.
   *
   * @param fetched what was fetched of a partition; undefined before the pipeline reads. Then the
   *   first log of the topic begins at once
   * @throws AnotherLogError
   */
  async find(fetched?: FetchedPartition): Promise<FoundLog> {
    const { signal } = this.#options
    for (let check = 1; ; check += 1) {
      const compared = await this.#compare(fetched)
      const isSame = compared.known !== undefined && compared.reason === undefined
      const isAccepted = isSame || compared.isCertain || check >= maxShortLogChecks
      const found = isAccepted ? await this.#accept(compared, isSame) : undefined
      if (found) return found
      if (!isAccepted) await sleep(1_000, signal)
      if (signal.aborted) throw new Error('The service stopped while the log was being identified.')
    }
  }

  /** Returns undefined if the topic must be compared again, because the database has changed. */
  async #accept(compared: Comparison, isSame: boolean): Promise<FoundLog | undefined> {
    const { known, state, topicId } = compared
    if (isSame && known) {
      if (known.topicId !== undefined || topicId === undefined)
        return { logId: known.id, topicId, state }
      await this.#options.ledgers.setTopicId(known.id, topicId)
      return undefined
    }
    await this.#refuseAnotherLog(compared)
    const { id: logId, began } = await this.#beginLog(compared)
    // Otherwise another worker has begun a log, perhaps of another topic.
    return began || topicId === undefined ? { logId, topicId, state } : undefined
  }

  async #compare(fetched?: FetchedPartition): Promise<Comparison> {
    const { topic, admin, identity, ledgers } = this.#options
    const own = await this.#ownLedgers()
    const onlyLog = own.at(-1)?.logId
    const topicId = identity.usesTopicId ? await admin.topicId() : undefined
    const state = await admin.state()
    const current = await ledgers.currentLog(topic)
    if (isAnother(current, onlyLog)) {
      const reason = (await ledgers.logs(topic)).at(-1)?.reason
      return {
        ...{ state, topicId, reason, onlyLog },
        known: undefined,
        isCertain: true,
        isFirst: false,
      }
    }
    const known = current && {
      ...current,
      positions: await this.#positions(current.id, { state, own, fetched }),
    }
    const observed = {
      ...{ ...state, topicId },
      ...(fetched && { fetched: new Map([[fetched.partition, fetched]]) }),
    }
    const reason = identity.newLogReason(known, observed)
    const isFirst = known === undefined && fetched === undefined
    return { state, topicId, known, reason, isCertain: isFirst, isFirst, onlyLog }
  }

  /** The ledgers in the order of their logs. Read before the ends in Kafka: other workers move them. */
  async #ownLedgers(): Promise<readonly LedgerOfPartition[]> {
    return this.isBoundToLog ? this.#options.ledgers.ledgers() : []
  }

  /**
   * The position of the fetched partition. If the pipeline is bound to its log, also of the others:
   * each of them shows whether the topic is another log.
   */
  async #positions(
    logId: number,
    { state, own, fetched }: ToPosition,
  ): Promise<Map<number, LedgerPosition>> {
    const positions = new Map<number, LedgerPosition>()
    for (const { partition, nextOffset, ...ledger } of own) {
      if (ledger.logId === logId) positions.set(partition, { nextOffset, lastRecord: undefined })
    }
    if (fetched) {
      const { partition } = fetched
      const start = state.ranges[partition]?.low ?? 0
      positions.set(partition, await this.#options.ledgers.ledgerOf(logId, partition, start))
    }
    return positions
  }

  async #refuseAnotherLog({ onlyLog, reason = '' }: Comparison): Promise<void> {
    const { topic, onAnotherLog } = this.#options
    if (onAnotherLog === undefined || onlyLog === undefined) return
    await onAnotherLog({ afterLog: onlyLog, reason })
    throw new AnotherLogError(topic, reason)
  }

  async #beginLog({ state, topicId, known, reason = '', isFirst }: Comparison) {
    const { topic, identity, ledgers, logger } = this.#options
    const after = known?.id
    const begun = { clusterId: state.clusterId, topicId, reason, after }
    const { id, began } = await ledgers.beginLog(topic, begun)
    await identity.mark(id)
    if (began && isFirst) logger.info({ id, after, reason }, 'log-begun')
    else if (began) logger.error({ id, after, reason }, 'new-log-begun')
    return { id, began }
  }
}

/** Whether another pipeline has begun a later log than the one of the latest ledgers. */
function isAnother(current: TopicLog | undefined, onlyLog: number | undefined): boolean {
  return onlyLog !== undefined && current !== undefined && current.id !== onlyLog
}

type ToPosition = {
  readonly state: TopicState
  /** The ledgers of a pipeline that is bound to its log. */
  readonly own: readonly LedgerOfPartition[]
  readonly fetched: FetchedPartition | undefined
}
