import type { Batch, EachBatchPayload } from 'kafkajs'

const intervalMs = 1_000

/** The part of a running batch of kafkajs that a commit needs. */
type CommitSession = Pick<EachBatchPayload, 'commitOffsetsIfNecessary'> & {
  readonly batch: Pick<Batch, 'topic' | 'partition'>
}

/**
 * Commits once a second the offsets up to which partitions are settled, if they have changed. A
 * commit per batch would cost as much as the batch itself. The consumer never resumes from these
 * offsets, it resumes from the ledger; they only serve to compute the lag.
 */
export class PeriodicCommits implements AsyncDisposable {
  /** Offsets that are not committed yet, by partition. */
  #pending = new Map<number, number>()
  #session: CommitSession | undefined
  readonly #isEnabled: boolean
  readonly #timer: NodeJS.Timeout | undefined

  /** @param isEnabled if false, nothing is ever committed */
  constructor(isEnabled: boolean) {
    this.#isEnabled = isEnabled
    if (isEnabled) this.#timer = setInterval(() => void this.commit(), intervalMs)
  }

  /** Records that the partition of the session's batch is settled up to this offset. */
  setOffset(session: CommitSession, offset: number): void {
    this.#session = session
    this.#pending.set(session.batch.partition, offset)
  }

  /** Drops offsets from before a join: their partitions may belong to another member. */
  clear(): void {
    this.#pending = new Map()
  }

  /** Commits immediately. Never rejects. */
  async commit(): Promise<void> {
    const pending = this.#pending
    if (!this.#isEnabled || pending.size === 0 || this.#session === undefined) return
    const offsets = [...pending]
    const partitions = offsets.map(([partition, offset]) => ({ partition, offset: String(offset) }))
    const topics = [{ topic: this.#session.batch.topic, partitions }]
    pending.clear()
    try {
      await this.#session.commitOffsetsIfNecessary({ topics })
    } catch {
      // Heartbeats report problems of the group. The next commit includes these offsets again.
      for (const [partition, offset] of offsets)
        if (!pending.has(partition)) pending.set(partition, offset)
    }
  }

  /** Ends the periodic commits. */
  stop(): void {
    clearInterval(this.#timer)
  }

  /** Commits the remaining offsets. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.stop()
    await this.commit()
  }
}
