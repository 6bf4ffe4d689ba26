/** Consecutive numbers, from the first to the last. */
type Run = { first: number; last: number }

/** If there are more runs, the two oldest are joined. */
const maxRuns = 16
/** A larger jump means that the vehicle restarted its counter, not that readings are missing. */
const maxJump = 100_000

/**
 * The sequence numbers of one vehicle that have been seen since the first one: runs in ascending
 * order, with gaps between them. Late readings fill the gaps; duplicates change nothing. A new
 * number changes it in place, because every reading has one.
 */
export class SeenSequences {
  #runs: Run[] = []
  /** Missing numbers between runs that were joined to limit the number of runs. They stay missing. */
  #forgottenGaps = 0
  #gaps = 0

  /** How many numbers are missing between the first and the last one seen. */
  get gaps(): number {
    return this.#gaps
  }

  get runs(): readonly Readonly<Run>[] {
    return this.#runs
  }

  /**
   * Adds the sequence number of a reading that has arrived.
   *
   * @param isNewest whether no later reading of the vehicle is known. If the newest reading has a
   *   lower number than before, the vehicle has restarted its counter.
   */
  add(sequence: number, isNewest: boolean): void {
    const lastRun = this.#runs.at(-1)
    if (lastRun === undefined) this.#restart(sequence)
    // The usual case: no other run changes, and no gap.
    else if (sequence === lastRun.last + 1) lastRun.last = sequence
    else if (sequence > lastRun.last + maxJump) this.#restart(sequence)
    else if (isNewest && sequence < lastRun.last) this.#restart(sequence)
    else if (!this.#isKnown(sequence)) this.#addRun(sequence)
  }

  #restart(sequence: number): void {
    this.#runs = [{ first: sequence, last: sequence }]
    this.#forgottenGaps = 0
    this.#gaps = 0
  }

  /** Which numbers arrived before the first one seen is unknown, so they count as known. */
  #isKnown(sequence: number): boolean {
    const [oldest] = this.#runs
    if (oldest === undefined || sequence < oldest.first) return true
    return this.#runs.some(({ first, last }) => first <= sequence && sequence <= last)
  }

  #addRun(sequence: number): void {
    const added = { first: sequence, last: sequence }
    const sorted = [...this.#runs, added].sort((a, b) => a.first - b.first)
    const joined: Run[] = []
    for (const run of sorted) {
      const previous = joined.at(-1)
      if (previous !== undefined && run.first === previous.last + 1) previous.last = run.last
      else joined.push(run)
    }
    this.#runs = joined
    if (joined.length > maxRuns) this.#joinOldest()
    this.#gaps = this.#forgottenGaps + missingBetween(this.#runs)
  }

  #joinOldest(): void {
    const [oldest, next] = this.#runs
    if (oldest === undefined || next === undefined) return
    this.#forgottenGaps += missingBetween([oldest, next])
    this.#runs.splice(0, 2, { first: oldest.first, last: next.last })
  }
}

function missingBetween(runs: readonly Run[]): number {
  let missing = 0
  for (const [index, { first }] of runs.entries()) {
    const previous = runs[index - 1]
    if (previous !== undefined) missing += first - previous.last - 1
  }
  return missing
}
