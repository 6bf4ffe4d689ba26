import type { Batch, EachBatchPayload } from 'kafkajs'

const intervalMs = 1_000

/** What is needed of a batch under way. */
type CommitSession = Pick<EachBatchPayload, 'commitOffsetsIfNecessary'> & {
  readonly batch: Pick<Batch, 'topic' | 'partition'>
}

/**
 * Tells the group once a second how far its partitions are settled, those that have moved since:
 * a request a batch would cost as much as the batch. Nothing goes on from these offsets, the
 * ledger says where to; they are for those who ask for the lag.
 */
export class PeriodicCommits implements AsyncDisposable {
  /** By partition. */
  #pending = new Map<number, number>()
  #session: CommitSession | undefined
  readonly #timer: NodeJS.Timeout | undefined

  /** @param isEnabled whether the group is told at all */
  constructor(isEnabled: boolean) {
    if (isEnabled) this.#timer = setInterval(() => void this.commit(), intervalMs)
  }

  /** The partition of the session's batch is settled up to this offset. */
  setOffset(session: CommitSession, offset: number): void {
    this.#session = session
    this.#pending.set(session.batch.partition, offset)
  }

  /** What was settled before a join is no longer ours to tell. */
  clear(): void {
    this.#pending = new Map()
  }

  /** Tells the group at once; never rejects. */
  async commit(): Promise<void> {
    const pending = this.#pending
    if (pending.size === 0 || this.#session === undefined) return
    const told = [...pending]
    const partitions = told.map(([partition, offset]) => ({ partition, offset: String(offset) }))
    const topics = [{ topic: this.#session.batch.topic, partitions }]
    pending.clear()
    try {
      await this.#session.commitOffsetsIfNecessary({ topics })
    } catch {
      // What is wrong with the group its heartbeats say too. Until there is a new one, again.
      for (const [partition, offset] of told)
        if (!pending.has(partition)) pending.set(partition, offset)
    }
  }

  /** Tells the group what it has not been told. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer)
    if (this.#timer) await this.commit()
  }
}
