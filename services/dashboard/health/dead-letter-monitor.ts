import type {
  DeadLetterCount,
  PostgresDeadLetterStore,
} from '../../adapters/postgres/dead-letters/dead-letter-store.ts'
import type { DeadLetter } from '../../ledger/dead-letter.ts'
import { toReceipt } from '../../ledger/receipt.ts'
import { toIsoMicroseconds } from '../../telemetry/time.ts'
import type { DeadLetterGroup } from '../api/health.ts'

/** A bound on the response; fewer reason codes than this exist. */
const maxReasons = 40
const maxTextBytes = 1_000

/**
 * Counts the open dead letters by reason. Caches the latest of each reason until a newer one
 * arrives.
 */
export class DeadLetterMonitor {
  readonly #store: PostgresDeadLetterStore
  /** By the id of the dead letter. */
  readonly #latest = new Map<number, DeadLetterGroup['latest']>()

  constructor(store: PostgresDeadLetterStore) {
    this.#store = store
  }

  async groups(): Promise<DeadLetterGroup[]> {
    const counts = (await this.#store.counts({ states: ['open'] })).slice(0, maxReasons)
    const latestIds = new Set(counts.map(({ lastId }) => lastId))
    for (const id of this.#latest.keys()) if (!latestIds.has(id)) this.#latest.delete(id)
    const groups: DeadLetterGroup[] = []
    for (const count of counts) {
      groups.push({ reason: count.code, count: count.count, latest: await this.#latestOf(count) })
    }
    return groups
  }

  async #latestOf({ lastId }: DeadLetterCount): Promise<DeadLetterGroup['latest']> {
    const cached = this.#latest.get(lastId)
    if (cached !== undefined) return cached
    const letter = await this.#store.find(lastId)
    const latest = letter === undefined ? null : toLatest(letter)
    this.#latest.set(lastId, latest)
    return latest
  }
}

function toLatest({ position, diedAt, detail, original }: DeadLetter): DeadLetterGroup['latest'] {
  const bytes = Buffer.from(original.value ?? []).subarray(0, maxTextBytes)
  return {
    receipt: toReceipt(position),
    diedAt: toIsoMicroseconds(diedAt),
    detail,
    text: bytes.toString('utf8'),
  }
}
