/** A slot gets tasks for about this time, so that small tasks do not cost a round trip each. */
const targetMs = 100
const maxTasks = 100
/** Weight of the latest tasks in the mean. */
const weight = 0.3

/** How many tasks of a pipeline are claimed for a slot: one, and more if they have been short. */
export class BatchSize {
  #meanMs: number | undefined

  /** @param durationMs how long a task has run, or has waited for its slot */
  note(durationMs: number): void {
    const mean = this.#meanMs ?? durationMs
    // Long tasks count at once: the next ones may be long too.
    this.#meanMs = durationMs > mean ? durationMs : mean + weight * (durationMs - mean)
  }

  get tasks(): number {
    if (this.#meanMs === undefined) return 1
    return Math.max(1, Math.min(maxTasks, Math.floor(targetMs / Math.max(this.#meanMs, 1))))
  }
}
