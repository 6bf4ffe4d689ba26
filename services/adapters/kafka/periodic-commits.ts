import type { Batch, EachBatchPayload } from 'kafkajs'

const intervalMs = 1_000

/** The part of a running batch of kafkajs that a commit needs. */
type CommitSession = Pick<EachBatchPayload, 'commitOffsetsIfNecessary'> & {
  readonly batch: Pick<Batch, 'topic' | 'partition'>
}

export type CommitOptions = {
  /** Whether offsets are committed to the group; by default true. */
  readonly commits?: boolean
  /** Commits after this number of settled records; by default once a second. */
  readonly commitEvery?: number | undefined
}

/**
 * Commits the offsets up to which partitions are settled, if they have changed: once a second, or after
 * a number of records. A commit per batch would cost as much as the batch itself. The consumer never
 * resumes from these offsets, it resumes from the ledger; they only serve to compute the lag.
 */
export class PeriodicCommits implements AsyncDisposable {
  /** Offsets that are not committed yet, by partition. */
  #pending = new Map<number, number>()
  #session: CommitSession | undefined
  /** Records that were settled since the last commit. */
  #records = 0
  #isCommitting = false
  readonly #options: CommitOptions
  readonly #timer: NodeJS.Timeout | undefined

  constructor(options: CommitOptions = {}) {
    this.#options = options
    if (this.#isEnabled && options.commitEvery === undefined)
      this.#timer = setInterval(() => void this.commit(), intervalMs)
  }

  get #isEnabled(): boolean {
    return this.#options.commits ?? true
  }

  /**
   * Records that the partition of the session's batch is settled up to this offset.
   *
   * @param records how many records that settles
   */
  setOffset(session: CommitSession, offset: number, records: number): void {
    this.#session = session
    this.#pending.set(session.batch.partition, offset)
    this.#records += records
    this.#commitIfDue()
  }

  #commitIfDue(): void {
    const { commitEvery } = this.#options
    if (commitEvery === undefined || this.#records < commitEvery || this.#isCommitting) return
    this.#isCommitting = true
    void this.commit().then((isCommitted) => {
      this.#isCommitting = false
      if (isCommitted) this.#commitIfDue()
    })
  }

  /** Drops offsets from before a join: their partitions may belong to another member. */
  clear(): void {
    this.#pending = new Map()
    this.#records = 0
  }

  /** Commits immediately. Never rejects. Returns whether nothing is left to commit. */
  async commit(): Promise<boolean> {
    const pending = this.#pending
    if (!this.#isEnabled || pending.size === 0 || this.#session === undefined) return true
    const [offsets, records] = [[...pending], this.#records]
    const partitions = offsets.map(([partition, offset]) => ({ partition, offset: String(offset) }))
    const topics = [{ topic: this.#session.batch.topic, partitions }]
    pending.clear()
    this.#records = 0
    try {
      await this.#session.commitOffsetsIfNecessary({ topics })
      return true
    } catch {
      // Heartbeats report problems of the group. The next commit includes these offsets again.
      for (const [partition, offset] of offsets)
        if (!pending.has(partition)) pending.set(partition, offset)
      if (pending === this.#pending) this.#records += records
      return false
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
