import type { TopicAdmin, TopicState } from '../adapters/kafka/topic-admin.ts'
import type { PostgresLedgerStore } from '../adapters/postgres/ledger/ledger-store.ts'
import type { LedgeredStore } from '../adapters/postgres/ledger/ledgered-store.ts'
import type { Logger } from '../runtime/logger.ts'
import { sleep } from '../runtime/retry.ts'
import type { FetchedRange, LedgerPosition } from '../ledger/ledger.ts'
import { decidePosition } from '../ledger/ledger.ts'
import type { LogIdentity } from '../ledger/log-identity.ts'

/** Where a partition continues: its log and offset. */
export type Position = { readonly logId: number; readonly nextOffset: number }

/** A position. If `offsetToVerify` is set, the record at that offset must be verified before the position is used. */
export type LocatedPosition = Position & { readonly offsetToVerify?: number }

/** A fetched range and its partition. */
export type FetchedPartition = FetchedRange & { readonly partition: number }

type Options = {
  readonly topic: string
  readonly admin: Pick<TopicAdmin, 'state'>
  readonly identity: LogIdentity
  readonly ledgers: PostgresLedgerStore
  readonly store: Pick<LedgeredStore<unknown>, 'recordExpired'>
  readonly logger: Logger
  readonly onExpired: (offsets: number) => void
  readonly signal: AbortSignal
}

/**
 * A broker that has just restarted may briefly report an end before records that it acknowledged.
 * So a new log is only accepted after this many checks, one second apart.
 */
const maxShortLogChecks = 6

/** Determines from the ledger and the broker where each partition continues. */
export class PartitionLocator {
  readonly #options: Options

  constructor(options: Options) {
    this.#options = options
  }

  /**
   * Returns the position of the partition. Starts a new log if the topic is not the log that the
   * database knows. Records as expired what Kafka has removed before it was read.
   *
   * @param known the last known position that the fetched range continues, if there is one
   */
  async locate(fetched: FetchedPartition, known?: Position): Promise<LocatedPosition> {
    const { ledgers } = this.#options
    const { partition } = fetched
    for (;;) {
      const { logId, state } = await this.#findLog(fetched)
      const range = state.ranges[partition]
      if (range === undefined)
        throw new Error(`Kafka has not reported the offsets of partition ${partition} yet.`)
      const ledger = await ledgers.ledgerOf(logId, partition, range.low)
      const position = { logId, nextOffset: ledger.nextOffset }
      const decision = decidePosition(ledger, fetched, range)
      switch (decision.kind) {
        case 'continue':
        case 'seek':
          return position
        case 'verify-record':
          return isSamePosition(position, known)
            ? position
            : { ...position, offsetToVerify: decision.offset }
        case 'gap-expired':
          await this.#recordGap(logId, partition, decision)
          break
        case 'new-log':
          break
        default:
          return decision satisfies never
      }
    }
  }

  /** Returns the topic's current log. Checks several times before it accepts that the log is a new one. */
  async #findLog(fetched: FetchedPartition): Promise<{ logId: number; state: TopicState }> {
    const { partition } = fetched
    for (let check = 1; ; check += 1) {
      const { topic, admin, identity, ledgers, signal } = this.#options
      const state = await admin.state()
      const current = await ledgers.currentLog(topic)
      const known = current && {
        ...current,
        positions: await this.#positionOf(current.id, partition, state),
      }
      const observed = { ...state, fetched: new Map([[partition, fetched]]) }
      const reason = identity.newLogReason(known, observed)
      if (known && reason === undefined) return { logId: known.id, state }
      if (check >= maxShortLogChecks) {
        return { logId: await this.#beginLog(state, known?.id, reason ?? ''), state }
      }
      await sleep(1_000, signal)
      if (signal.aborted) throw new Error('The service stopped while the log was being identified.')
    }
  }

  async #positionOf(
    logId: number,
    partition: number,
    state: TopicState,
  ): Promise<Map<number, LedgerPosition>> {
    const start = state.ranges[partition]?.low ?? 0
    return new Map([[partition, await this.#options.ledgers.ledgerOf(logId, partition, start)]])
  }

  async #beginLog(state: TopicState, after: number | undefined, reason: string): Promise<number> {
    const { topic, identity, ledgers, logger } = this.#options
    const { clusterId } = state
    const { id, began } = await ledgers.beginLog(topic, { clusterId, reason, after })
    await identity.mark(id)
    if (began) logger.error({ id, after, reason }, 'new-log-begun')
    return id
  }

  async #recordGap(logId: number, partition: number, gap: { from: number; to: number }) {
    const recorded = await this.#options.store.recordExpired(logId, partition, gap)
    if (!recorded) return
    this.#options.logger.error({ partition, ...gap }, 'offsets-expired-unread')
    this.#options.onExpired(gap.to - gap.from)
  }
}

function isSamePosition(position: Position, known: Position | undefined): boolean {
  return position.logId === known?.logId && position.nextOffset === known.nextOffset
}
