import type { PostgresReceiptStore } from '../../../adapters/postgres/ledger/receipt-store.ts'
import { parseReceipt } from '../../../ledger/receipt.ts'
import { sleep } from '../../../runtime/retry.ts'

const pauseMs = 500

/** Kafka has lost some of the readings before they were stored. They are sent again. */
class LostReadingsError extends Error {
  override readonly name = 'LostReadingsError'
}

/** What became of readings. */
export type Settled = {
  /** Equal readings were stored before. */
  readonly duplicates: number
  /** By code. */
  readonly deadLetters: ReadonlyMap<string, number>
}

/** The receipts of the readings of a file. */
export class Receipts {
  /** The offsets, by `logId-partition`. */
  readonly #offsets = new Map<string, number[]>()

  add(receipt: string): void {
    const position = parseReceipt(receipt)
    if (position === undefined) throw new Error(`The ingress sent the receipt ${receipt}.`)
    const { logId, partition, offset } = position
    const key = `${logId}-${partition}`
    const offsets = this.#offsets.get(key) ?? []
    if (offsets.length === 0) this.#offsets.set(key, offsets)
    offsets.push(offset)
  }

  /**
   * Waits until each reading is a row or a dead letter. A ledger moves in the order of the offsets, so only the last
   * offset of each partition is looked up.
   *
   * @throws LostReadingsError
   */
  async untilSettled(store: PostgresReceiptStore, signal: AbortSignal): Promise<Settled> {
    const settled: { duplicates: number; deadLetters: Map<string, number> } = {
      ...{ duplicates: 0, deadLetters: new Map() },
    }
    for (const [key, offsets] of this.#offsets) {
      const [logId = 0, partition = 0] = key.split('-').map(Number)
      const last = offsets.reduce((most, offset) => Math.max(most, offset), 0)
      while (!(await isSettled(store, { logId, partition, offset: last }))) {
        signal.throwIfAborted()
        await sleep(pauseMs, signal)
      }
      const outcomes = await store.outcomesOf({ logId, partition }, offsets)
      if (outcomes.expired > 0)
        throw new LostReadingsError(`Kafka has lost ${outcomes.expired} readings of the file.`)
      settled.duplicates += outcomes.duplicates
      for (const [code, count] of outcomes.deadLetters)
        settled.deadLetters.set(code, (settled.deadLetters.get(code) ?? 0) + count)
    }
    return settled
  }
}

async function isSettled(
  store: PostgresReceiptStore,
  position: Parameters<PostgresReceiptStore['lookUp']>[0],
): Promise<boolean> {
  const { status } = await store.lookUp(position)
  if (status === 'not-read' || status === 'unknown' || status === 'nonexistent')
    throw new LostReadingsError('Kafka has lost readings of the file with their log.')
  return status !== 'unsettled'
}
