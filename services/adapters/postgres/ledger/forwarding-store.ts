import type pg from 'pg'
import type {
  DecodedBatch,
  DecodedEntry,
  MultiPartitionStore,
  RowEntry,
  WriteOutcome,
} from '../../../ledger/batch.ts'
import { refusedByKafka } from '../../../ledger/dead-letter.ts'
import type { LedgerEntry } from '../../../ledger/ledger.ts'
import { emptyEntry } from '../../../ledger/ledger.ts'
import { insertDeadLetters } from '../dead-letters/insert-dead-letters.ts'
import type { LedgerLock } from './ledger-lock.ts'
import { LedgerMovedError } from './ledger-lock.ts'
import { readLife } from './read-life.ts'

/** What became of records that were written to another topic. */
type Forwarded<Row> = {
  /** How many records, from the first on, were written or refused. The others were not written. */
  readonly settled: number
  /** Records that Kafka refuses for good. */
  readonly refused: readonly { readonly entry: RowEntry<Row>; readonly reason: string }[]
}

/**
 * Writes records to another topic. Resolves when they are acknowledged or refused.
 *
 * @param life the life of the pipeline, which each record gets
 */
export type Forward<Row> = (
  entries: readonly RowEntry<Row>[],
  life: string,
) => Promise<Forwarded<Row>>

type Options<Row> = {
  /** The name of the stage, which its dead letters get. */
  readonly stage: string
  /** The declared pipeline that the stage belongs to. */
  readonly pipeline: string
  readonly lock: LedgerLock
  readonly forward: Forward<Row>
}

/** The time was not enough to write all records, because Kafka has refused too many. */
class UnfinishedError extends Error {}

/**
 * Writes batches to another topic, and then moves their ledgers. After a crash between the two, the
 * records are written again. The ledgers are locked before, so that a consumer whose partition was
 * assigned to another one writes nothing. A record that cannot be decoded, or that Kafka refuses for good,
 * becomes a dead letter of this stage.
 */
export class ForwardingStore<Row> implements MultiPartitionStore<Row> {
  readonly #options: Options<Row>

  constructor(options: Options<Row>) {
    this.#options = options
  }

  async write(batch: DecodedBatch<Row>): Promise<WriteOutcome> {
    try {
      const [entry] = await this.#advance(batch.logId, [batch])
      return entry === undefined ? { kind: 'ledger-moved' } : { kind: 'written', entry }
    } catch (error) {
      if (error instanceof LedgerMovedError) return { kind: 'ledger-moved' }
      // The caller divides the batch.
      if (error instanceof UnfinishedError) return { kind: 'value-refused', detail: error.message }
      throw error
    }
  }

  async writeTogether(
    batches: readonly DecodedBatch<Row>[],
  ): Promise<readonly LedgerEntry[] | undefined> {
    const logId = batches[0]?.logId
    if (logId === undefined || batches.some((batch) => batch.logId !== logId)) return undefined
    try {
      return await this.#advance(logId, batches)
    } catch (error) {
      if (error instanceof LedgerMovedError || error instanceof UnfinishedError) return undefined
      throw error
    }
  }

  #advance(logId: number, batches: readonly DecodedBatch<Row>[]): Promise<readonly LedgerEntry[]> {
    const { pipeline, lock, forward } = this.#options
    return lock.advance(logId, batches, async (client) => {
      const rows = batches.flatMap(({ entries }) => entries.filter(isRow))
      const { settled, refused } = await forward(rows, await readLife(client, pipeline))
      if (settled < rows.length)
        throw new UnfinishedError(`Kafka refused ${refused.length} of ${settled} records.`)
      const reasons = new Map(refused.map(({ entry, reason }) => [entry, reason]))
      const ledgers: LedgerEntry[] = []
      for (const batch of batches) ledgers.push(await this.#settle(client, batch, reasons))
      return { entries: ledgers }
    })
  }

  /** A forwarded record counts as stored. */
  async #settle(
    client: pg.PoolClient,
    { logId, partition, expectedOffset, followingOffset, entries }: DecodedBatch<Row>,
    reasons: ReadonlyMap<DecodedEntry<Row>, string>,
  ): Promise<LedgerEntry> {
    const letters = entries.flatMap((entry) => {
      if (!isRow(entry)) return [entry]
      const reason = reasons.get(entry)
      const { offset, original } = entry
      return reason === undefined ? [] : [{ offset, original, ...refusedByKafka(reason) }]
    })
    await insertDeadLetters(client, { pipeline: this.#options.stage, logId, partition, letters })
    return {
      ...emptyEntry,
      stored: entries.length - letters.length,
      deadLettered: letters.length,
      withoutRecord: followingOffset - expectedOffset - entries.length,
    }
  }
}

const isRow = <Row>(entry: DecodedEntry<Row>): entry is RowEntry<Row> => entry.kind === 'row'
