import type { TopicAdmin } from '../../adapters/kafka/topic-admin.ts'
import type { PostgresLedgerStore } from '../../adapters/postgres/ledger/ledger-store.ts'
import type { Logger } from '../../runtime/logger.ts'
import { poll, WarnOnce } from '../../runtime/poll.ts'

type GroupedTopic = {
  readonly topic: string
  readonly admin: Pick<TopicAdmin, 'state' | 'offsetsSince' | 'removeRecordsBefore'>
  /** The ledgers of the pipeline. */
  readonly ledgers: Pick<PostgresLedgerStore, 'currentLog' | 'ledgers'>
}

const intervalMs = 600_000
/** Records that were read stay so long, for people who look at the topic. */
const keepMs = 24 * 3_600_000

/** Removes records from a grouped topic that were read, a day after they were written. */
export class GroupedTopicCleaner implements AsyncDisposable {
  readonly #end = new AbortController()
  readonly #loop: Promise<void>

  constructor({ logger, ...topic }: GroupedTopic & { readonly logger: Logger }) {
    const { signal } = this.#end
    const warnings = new WarnOnce(logger, signal)
    const events = { failed: 'grouped-topic-not-cleaned' }
    const clean = () => removeReadRecords(topic, new Date(Date.now() - keepMs))
    this.#loop = poll(() => warnings.attempt(clean, events), { intervalMs, signal })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end.abort()
    await this.#loop
  }
}

/** Removes the records of a grouped topic that were read and were written before a time. */
export async function removeReadRecords(
  { topic, admin, ledgers }: GroupedTopic,
  writtenBefore: Date,
): Promise<void> {
  const current = await ledgers.currentLog(topic)
  const { logTag, ranges } = await admin.state()
  // Otherwise the topic is another one than the ledgers are of.
  if (current === undefined || logTag !== current.id) return
  const since = await admin.offsetsSince(writtenBefore)
  const removed = new Map<number, number>()
  for (const { logId, partition, nextOffset } of await ledgers.ledgers()) {
    const end = Math.min(nextOffset, since.get(partition) ?? 0)
    if (logId === current.id && end > (ranges[partition]?.low ?? end)) removed.set(partition, end)
  }
  if (removed.size > 0) await admin.removeRecordsBefore(removed)
}
