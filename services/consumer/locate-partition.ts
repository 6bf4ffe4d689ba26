import type { FedBatch } from '../adapters/kafka/fed-batch.ts'
import type { TopicAdmin, TopicState } from '../adapters/kafka/topic-admin.ts'
import type { PostgresLedgerStore } from '../adapters/postgres/ledger-store.ts'
import type { PostgresReadingStore } from '../adapters/postgres/reading-store.ts'
import type { Log } from '../runtime/log.ts'
import { sleep } from '../runtime/retry.ts'
import { decidePosition } from '../telemetry/ledger.ts'
import { whyNewLog } from '../telemetry/log-identity.ts'

/** Where a partition goes on: in which log, and at which offset. */
export type Position = { readonly log: number; readonly nextOffset: number }

type Options = {
  readonly topic: string
  readonly admin: TopicAdmin
  readonly ledgers: PostgresLedgerStore
  readonly rows: Pick<PostgresReadingStore, 'recordExpired'>
  readonly log: Log
  readonly onExpired: (offsets: number) => void
  readonly signal: AbortSignal
}

/**
 * A broker that has just come back may for a moment report an end before what it had
 * acknowledged: a log has ended early only when it says so this many times, a second apart.
 */
const looksAtShortLog = 6

/** Finds out from ledger and broker together where each partition goes on. */
export class PartitionLocator {
  readonly #options: Options

  constructor(options: Options) {
    this.#options = options
  }

  /**
   * The position of the batch's partition. It begins a new log where the one that is there is
   * not the one the ledger speaks of, and counts as expired what the log has lost unread.
   */
  async locate(batch: FedBatch): Promise<Position> {
    const { ledgers } = this.#options
    for (;;) {
      const { log, state } = await this.#settleLog(batch.partition)
      const range = state.ranges[batch.partition]
      if (range === undefined) throw new Error(`partition ${batch.partition} has no range yet`)
      const ledger = await ledgers.ledgerOf(log, batch.partition, range.low)
      const decision = decidePosition(ledger.nextOffset, batch.fetchedOffset, range)
      switch (decision.kind) {
        case 'read-on':
        case 'seek':
          return { log, nextOffset: ledger.nextOffset }
        case 'gap-expired':
          await this.#recordGap(log, batch.partition, decision)
          break
        case 'new-log':
          break
        default:
          return decision satisfies never
      }
    }
  }

  /** The log that the topic is now; asks again while the topic only seems to have shrunk. */
  async #settleLog(partition: number): Promise<{ log: number; state: TopicState }> {
    for (let look = 1; ; look += 1) {
      const { topic, admin, ledgers, signal } = this.#options
      const state = await admin.state()
      const current = await ledgers.currentLog(topic)
      const known = current && {
        ...current,
        positions: await this.#positionOf(current.id, partition, state),
      }
      const reason = whyNewLog(known, state)
      if (known && reason === undefined) return { log: known.id, state }
      if (look >= looksAtShortLog) {
        return { log: await this.#beginLog(state, known?.id, reason ?? ''), state }
      }
      await sleep(1_000, signal)
      if (signal.aborted) throw new Error('stopped while looking for the log')
    }
  }

  async #positionOf(log: number, partition: number, state: TopicState) {
    const start = state.ranges[partition]?.low ?? 0
    const ledger = await this.#options.ledgers.ledgerOf(log, partition, start)
    return new Map([[partition, ledger.nextOffset]])
  }

  async #beginLog(state: TopicState, after: number | undefined, reason: string): Promise<number> {
    const { topic, admin, ledgers, log } = this.#options
    const { clusterId } = state
    const { id, began } = await ledgers.beginLog(topic, { clusterId, reason, after })
    await admin.tag(id)
    if (began) log.error({ id, after, reason }, 'new-log-begun')
    return id
  }

  async #recordGap(log: number, partition: number, gap: { from: number; to: number }) {
    const recorded = await this.#options.rows.recordExpired(log, partition, gap)
    if (!recorded) return
    this.#options.log.error({ partition, ...gap }, 'offsets-expired-unread')
    this.#options.onExpired(gap.to - gap.from)
  }
}
