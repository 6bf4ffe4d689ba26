import { emptyEntry } from '../../../ledger/ledger.ts'
import { insertSpans } from '../dead-letters/insert-dead-letters.ts'
import type { LedgerLock } from './ledger-lock.ts'
import { LedgerMovedError } from './ledger-lock.ts'

/** Offsets of a partition from `from` (inclusive) to `to` (exclusive). */
export type OffsetGap = {
  readonly logId: number
  readonly partition: number
  readonly from: number
  readonly to: number
}

/**
 * Records offsets that the log lost before they were read.
 *
 * @returns false if the ledger has moved; then nothing was recorded
 */
export async function recordExpired(
  lock: LedgerLock,
  pipeline: string,
  { logId, partition, from, to }: OffsetGap,
): Promise<boolean> {
  const step = { partition, expectedOffset: from, followingOffset: to, entries: [] }
  const spans = [{ first: from, last: to - 1 }]
  try {
    await lock.advance(logId, [step], async (client) => {
      await insertSpans(client, { pipeline, logId, partition, spans, outcome: 'expired' })
      return { entries: [{ ...emptyEntry, expired: to - from }] }
    })
    return true
  } catch (error) {
    if (error instanceof LedgerMovedError) return false
    throw error
  }
}
