import type {
  DeadLetterCount,
  PostgresDeadLetterStore,
} from '../../adapters/postgres/dead-letters/dead-letter-store.ts'
import type { DeadLetter } from '../../ledger/dead-letter.ts'
import { toReceipt } from '../../ledger/receipt.ts'
import { toIsoMicroseconds } from '../../telemetry/time.ts'
import type { DeadLetterGroup } from '../api/health.ts'

/** More reasons than there are codes are not expected. */
const maxReasons = 40
const maxTextBytes = 1_000

/** Looks up the last letter of a reason only when there is another one than the last time. */
export class DeadLetterMonitor {
  readonly #store: PostgresDeadLetterStore
  readonly #latest = new Map<number, DeadLetterGroup['latest']>()

  constructor(store: PostgresDeadLetterStore) {
    this.#store = store
  }

  async groups(): Promise<DeadLetterGroup[]> {
    const counts = (await this.#store.counts({ states: ['open'] })).slice(0, maxReasons)
    const present = new Set(counts.map(({ lastId }) => lastId))
    for (const id of this.#latest.keys()) if (!present.has(id)) this.#latest.delete(id)
    const groups: DeadLetterGroup[] = []
    for (const each of counts) {
      groups.push({ reason: each.code, count: each.count, latest: await this.#latestOf(each) })
    }
    return groups
  }

  async #latestOf({ lastId }: DeadLetterCount): Promise<DeadLetterGroup['latest']> {
    const known = this.#latest.get(lastId)
    if (known !== undefined) return known
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
