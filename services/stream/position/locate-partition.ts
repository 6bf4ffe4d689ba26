import type { PostgresLedgerStore } from '../../adapters/postgres/ledger/ledger-store.ts'
import type { OffsetGap } from '../../adapters/postgres/ledger/record-expired.ts'
import type { Logger } from '../../runtime/logger.ts'
import { decidePosition } from '../../ledger/ledger.ts'
import type { FetchedPartition, LogFinder } from './find-log.ts'

/** Where a partition continues: its log and offset. */
export type Position = {
  readonly logId: number
  /** The id of the topic of the log, if it is read. */
  readonly topicId?: string | undefined
  readonly nextOffset: number
}

/** A position. If `offsetToVerify` is set, the record at that offset must be verified before the position is used. */
export type LocatedPosition = Position & { readonly offsetToVerify?: number }

type Options = {
  readonly logs: Pick<LogFinder, 'find'>
  /** Whether the topic may lack offsets, e.g. because it is compacted. */
  readonly mayHaveGaps: boolean
  readonly ledgers: Pick<PostgresLedgerStore, 'ledgerOf'>
  /** Records offsets as expired. Resolves to false if the ledger has moved. */
  readonly recordExpired: (gap: OffsetGap) => Promise<boolean>
  readonly logger: Logger
  readonly onExpired: (offsets: number) => void
}

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
    const { logs, ledgers, mayHaveGaps } = this.#options
    const { partition } = fetched
    for (;;) {
      const { logId, topicId, state } = await logs.find(fetched)
      const range = state.ranges[partition]
      if (range === undefined)
        throw new Error(`Kafka has not reported the offsets of partition ${partition} yet.`)
      const ledger = await ledgers.ledgerOf(logId, partition, range.low)
      const position = { logId, topicId, nextOffset: ledger.nextOffset }
      const decision = decidePosition(ledger, fetched, { ...range, mayHaveGaps })
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

  async #recordGap(logId: number, partition: number, gap: { from: number; to: number }) {
    const recorded = await this.#options.recordExpired({ logId, partition, ...gap })
    if (!recorded) return
    this.#options.logger.error({ partition, ...gap }, 'offsets-expired-unread')
    this.#options.onExpired(gap.to - gap.from)
  }
}

function isSamePosition(position: Position, known: Position | undefined): boolean {
  return position.logId === known?.logId && position.nextOffset === known.nextOffset
}
