/** A slot gets tasks for about this time, so that small tasks do not cost a round trip each. */
const targetMs = 100
const mostTasks = 50
/** Weight of the latest tasks in the mean. */
const weight = 0.3

/** How many tasks of a pipeline are claimed for a slot: one, and more if they have been short. */
export class BatchSize {
  #meanMs: number | undefined

  /**
   * @param elapsedMs from the claim of some tasks until all of them have ended
   * @param tasksOfSlot how many of them a slot ran
   */
  note(elapsedMs: number, tasksOfSlot: number): void {
    const latest = elapsedMs / tasksOfSlot
    const mean = this.#meanMs ?? latest
    // Long tasks count at once: the next ones may be long too.
    this.#meanMs = latest > mean ? latest : mean + weight * (latest - mean)
  }

  get tasks(): number {
    if (this.#meanMs === undefined) return 1
    return Math.max(1, Math.min(mostTasks, Math.floor(targetMs / Math.max(this.#meanMs, 1))))
  }
}
