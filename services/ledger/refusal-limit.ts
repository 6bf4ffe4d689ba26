/** Decides whether a trigger of a table refuses single rows, or is broken and refuses most of them. */

/** A batch of rows, and those among them that a trigger refused. */
export type JudgedBatch = {
  /** When it was judged, in milliseconds of the monotonic clock. */
  readonly at: number
  readonly rows: number
  readonly refused: number
  /** The vehicles of all rows; a few are enough. */
  readonly vehicles: readonly string[]
  /** The vehicles of the refused rows. */
  readonly refusedVehicles: readonly string[]
}

const minRows = 20
const minVehicles = 3
/** If all refused rows are of one vehicle, the trigger is about this vehicle. */
const minRefusedVehicles = 2
const maxAgeMs = 60_000

/**
 * A trigger is broken if it refuses more than half of at least 20 rows of at least 3 vehicles. A batch
 * of fewer rows is judged together with the batches that were stored before it, up to a minute.
 */
export class RefusalLimit {
  /** The latest stored batches, newest first: as many as needed for `minRows`. */
  #latest: readonly JudgedBatch[] = []

  isExceededBy(batch: JudgedBatch): boolean {
    const judged = this.#latestOf(batch)
    const rows = sumOf(judged, (each) => each.rows)
    const refused = sumOf(judged, (each) => each.refused)
    return (
      rows >= minRows &&
      refused > rows / 2 &&
      countOf(judged, (each) => each.vehicles) >= minVehicles &&
      countOf(judged, (each) => each.refusedVehicles) >= minRefusedVehicles
    )
  }

  /** Call after a batch was stored. */
  recordStored(batch: JudgedBatch): void {
    this.#latest = this.#latestOf(batch)
  }

  #latestOf(batch: JudgedBatch): JudgedBatch[] {
    const judged = [batch]
    let { rows } = batch
    for (const earlier of this.#latest) {
      if (rows >= minRows || batch.at - earlier.at > maxAgeMs) break
      judged.push(earlier)
      rows += earlier.rows
    }
    return judged
  }
}

/** The first vehicles of some rows, as many as a judgement needs. */
export function firstVehicles(vehicles: Iterable<string>): string[] {
  const found = new Set<string>()
  for (const vehicle of vehicles) {
    found.add(vehicle)
    if (found.size === minVehicles) break
  }
  return [...found]
}

function sumOf(batches: readonly JudgedBatch[], of: (batch: JudgedBatch) => number): number {
  return batches.reduce((sum, batch) => sum + of(batch), 0)
}

function countOf(
  batches: readonly JudgedBatch[],
  of: (batch: JudgedBatch) => readonly string[],
): number {
  return new Set(batches.flatMap(of)).size
}
