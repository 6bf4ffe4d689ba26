/** How long a partition that cannot be read is not fetched. */
const pauseMs = 5_000

/** Ends the pauses of partitions that cannot be read. The other partitions are fetched meanwhile. */
export class PartitionPauses {
  readonly #timers = new Set<NodeJS.Timeout>()

  /** @param resume makes the client fetch the partition again */
  start(resume: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      resume()
    }, pauseMs)
    this.#timers.add(timer)
  }

  stop(): void {
    for (const timer of this.#timers) clearTimeout(timer)
  }
}
