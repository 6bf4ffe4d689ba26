import type {
  DecodedBatch,
  MultiPartitionStore,
  RowEntry,
  WriteOutcome,
} from '../../../ledger/batch.ts'
import type { LedgerEntry } from '../../../ledger/ledger.ts'
import { emptyEntry } from '../../../ledger/ledger.ts'
import type { LedgerLock } from './ledger-lock.ts'
import { LedgerMovedError } from './ledger-lock.ts'
import { readLife } from './read-life.ts'

/**
 * Writes records to another topic. Resolves when all of them are acknowledged.
 *
 * @param life the life of the pipeline, which each record gets
 */
export type Forward<Row> = (entries: readonly RowEntry<Row>[], life: string) => Promise<void>

type Options<Row> = {
  /** The declared pipeline that the stage belongs to. */
  readonly pipeline: string
  readonly lock: LedgerLock
  readonly forward: Forward<Row>
}

/**
 * Writes batches to another topic, and then moves their ledgers. After a crash between the two, the
 * records are written again. The ledgers are locked before, so that a consumer whose partition was
 * assigned to another one writes nothing.
 */
export class ForwardingStore<Row> implements MultiPartitionStore<Row> {
  readonly #options: Options<Row>

  constructor(options: Options<Row>) {
    this.#options = options
  }

  async write(batch: DecodedBatch<Row>): Promise<WriteOutcome> {
    const entries = await this.writeTogether([batch])
    const entry = entries?.[0]
    return entry === undefined ? { kind: 'ledger-moved' } : { kind: 'written', entry }
  }

  async writeTogether(
    batches: readonly DecodedBatch<Row>[],
  ): Promise<readonly LedgerEntry[] | undefined> {
    const { pipeline, lock, forward } = this.#options
    const logId = batches[0]?.logId
    if (logId === undefined || batches.some((batch) => batch.logId !== logId)) return undefined
    try {
      return await lock.advance(logId, batches, async (client) => {
        await forward(batches.flatMap(rowEntries), await readLife(client, pipeline))
        return batches.map(toEntry)
      })
    } catch (error) {
      if (error instanceof LedgerMovedError) return undefined
      throw error
    }
  }
}

function rowEntries<Row>({ entries }: DecodedBatch<Row>): RowEntry<Row>[] {
  return entries.map((entry) => {
    if (entry.kind === 'row') return entry
    throw new Error(`The record at offset ${entry.offset} was refused: ${entry.detail}`)
  })
}

/** A forwarded record counts as stored. */
function toEntry({ expectedOffset, followingOffset, entries }: DecodedBatch<unknown>): LedgerEntry {
  const stored = entries.length
  return { ...emptyEntry, stored, withoutRecord: followingOffset - expectedOffset - stored }
}
