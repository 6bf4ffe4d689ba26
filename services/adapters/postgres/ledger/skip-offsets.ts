import type pg from 'pg'
import { emptyEntry } from '../../../ledger/ledger.ts'
import type { UnreadableOffsets } from '../../../ledger/unreadable.ts'
import { skippedCode } from '../../../ledger/unreadable.ts'
import { sqlStatement } from '../sql-file.ts'
import type { LedgerLock } from './ledger-lock.ts'
import { LedgerMovedError } from './ledger-lock.ts'

type SkippedOffsets = UnreadableOffsets & { readonly lastOffset: number }

/**
 * Moves a ledger past offsets that cannot be read, and writes a dead letter for each of them, in one
 * transaction. The dead letters have no key, value or headers.
 *
 * @returns false if the ledger is no longer at the first offset; then nothing was written
 */
export async function skipOffsets(
  lock: LedgerLock,
  pipeline: string,
  { logId, partition, firstOffset, lastOffset, reason }: SkippedOffsets,
): Promise<boolean> {
  const followingOffset = lastOffset + 1
  const step = { partition, expectedOffset: firstOffset, followingOffset, entries: [] }
  const detail = `Kafka's file cannot be read at offset ${firstOffset}: ${reason}. An operator has skipped the offsets up to ${lastOffset}.`
  const values = [pipeline, logId, partition, firstOffset, lastOffset, skippedCode, detail]
  const insertLetters = async (client: pg.PoolClient) => {
    await client.query(sqlStatement('insert-skipped'), values)
    return { entries: [{ ...emptyEntry, deadLettered: followingOffset - firstOffset }] }
  }
  try {
    await lock.advance(logId, [step], insertLetters)
    return true
  } catch (error) {
    if (error instanceof LedgerMovedError) return false
    throw error
  }
}
