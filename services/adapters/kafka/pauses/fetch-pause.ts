const longestPauseMs = 25
const pauseMsPerRecord = 0.5
/** A consumer that is this many records behind does not pause. */
const farBehind = 5_000

/** The part of a batch that the pause depends on. */
type FetchedBatch = {
  readonly fetchedOffset: number
  readonly endOffset: number
  readonly highWatermark: number
}

/** The batches of one fetch from a broker. */
type Fetch = { records: number; behind: number; inProgress: number }

/**
 * The pause before the next fetch from a broker: 0.5 ms for each record of the last fetch, at most 25 ms. Each
 * fetch and its transaction cost the same, whether they carry one record or a hundred. At 100 records per
 * second a fetch carries one record, and there is no pause.
 */
export class FetchPause {
  readonly #fetches = new Map<number | undefined, Fetch>()

  /** To be called before a batch is handled. The client handles the batches of a fetch at the same time. */
  begin(
    nodeId: number | undefined,
    { fetchedOffset, endOffset, highWatermark }: FetchedBatch,
  ): void {
    const fetch = this.#fetches.get(nodeId) ?? { records: 0, behind: 0, inProgress: 0 }
    fetch.records += endOffset - fetchedOffset
    fetch.behind += Math.max(0, highWatermark - endOffset)
    fetch.inProgress += 1
    this.#fetches.set(nodeId, fetch)
  }

  /** To be called after it was handled. For the last batch of a fetch it resolves after the pause. */
  async end(nodeId: number | undefined): Promise<void> {
    const fetch = this.#fetches.get(nodeId)
    if (fetch === undefined) return
    fetch.inProgress -= 1
    if (fetch.inProgress > 0) return
    this.#fetches.delete(nodeId)
    if (fetch.behind >= farBehind) return
    const pauseMs = Math.min(longestPauseMs, fetch.records * pauseMsPerRecord)
    // A timer of less than a millisecond is as long as one of a millisecond.
    if (pauseMs >= 1) await new Promise((resolve) => setTimeout(resolve, pauseMs))
  }
}
