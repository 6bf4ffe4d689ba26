/** A reading as it is sent to the platform. */
export type SentReading = {
  readonly vin: string
  readonly timestamp: string
  readonly latitude: number
  readonly longitude: number
  readonly speed: number
  readonly sequence: number
}

/** A row that the platform has stored; `recordedAt` in milliseconds. */
export type FoundRow = readonly [vin: string, recordedAt: number, sequence: number, speed: number]

export type Comparison = {
  readonly stored: number
  readonly lost: number
  readonly duplicates: number
}

/** Enough that every partition gets some. */
const vehiclesPerLine = 20
const initialCapacity = 1_024
/** Bits of the state of a reading. */
const [acknowledgedBit, foundBit] = [1, 2]

/** The speed follows from the sequence, so that a row can be compared with what was sent. */
const speedOf = (sequence: number): number => (sequence % 400) / 8

/**
 * The readings of some vehicles that send in turn. It keeps ten bytes of each reading: the time, the
 * vehicle and the state.
 */
export class LineAccount {
  readonly vins: readonly string[]
  #recordedAt = new Float64Array(initialCapacity)
  #states = new Uint8Array(initialCapacity)
  #count = 0
  #round = 0
  /** The vehicle of each reading. */
  #vehicles = new Uint8Array(initialCapacity)

  constructor(prefix: string) {
    this.vins = Array.from({ length: vehiclesPerLine }, (_, index) => `${prefix}-${index}`)
  }

  /** Creates readings of the next vehicle, one for each time. */
  createReadings(times: readonly number[]): SentReading[] {
    const vehicle = this.#round++ % vehiclesPerLine
    return times.map((recordedAt) => this.#createReading(vehicle, recordedAt))
  }

  #createReading(vehicle: number, recordedAt: number): SentReading {
    if (this.#count === this.#states.length) this.#grow()
    const sequence = this.#count++
    this.#recordedAt[sequence] = recordedAt
    this.#vehicles[sequence] = vehicle
    return {
      vin: this.vins[vehicle] ?? '',
      timestamp: new Date(recordedAt).toISOString(),
      latitude: 37.7749,
      longitude: -122.4194,
      speed: speedOf(sequence),
      sequence,
    }
  }

  /** @returns how many of them were not acknowledged before */
  acknowledge(readings: readonly SentReading[]): number {
    let newlyAcknowledged = 0
    for (const { sequence } of readings) {
      const state = this.#states[sequence] ?? 0
      if ((state & acknowledgedBit) === 0) newlyAcknowledged += 1
      this.#states[sequence] = state | acknowledgedBit
    }
    return newlyAcknowledged
  }

  /** Compares the rows of these vehicles with what was sent. */
  compare(rows: readonly FoundRow[]): Comparison {
    const states = this.#states.slice(0, this.#count)
    let duplicates = 0
    for (const row of rows) {
      const sequence = row[2]
      const state = states[sequence] ?? 0
      if (!this.#isSent(row) || (state & foundBit) !== 0) duplicates += 1
      else states[sequence] = state | foundBit
    }
    const stored = states.filter((state) => (state & foundBit) !== 0).length
    return { stored, lost: states.filter((state) => state === acknowledgedBit).length, duplicates }
  }

  #isSent([vin, recordedAt, sequence, speed]: FoundRow): boolean {
    return (
      sequence < this.#count &&
      this.vins[this.#vehicles[sequence] ?? 0] === vin &&
      this.#recordedAt[sequence] === recordedAt &&
      speedOf(sequence) === speed
    )
  }

  #grow(): void {
    const capacity = this.#states.length * 2
    this.#recordedAt = copyInto(this.#recordedAt, new Float64Array(capacity))
    this.#states = copyInto(this.#states, new Uint8Array(capacity))
    this.#vehicles = copyInto(this.#vehicles, new Uint8Array(capacity))
  }
}

function copyInto<T extends Float64Array | Uint8Array>(from: T, into: T): T {
  into.set(from)
  return into
}

/**
 * What clients have sent during a fault and what was acknowledged. It does not use the platform's
 * own account.
 */
export class Account {
  readonly lines: LineAccount[] = []
  readonly #prefix: string
  /** Acknowledged readings, each counted once. */
  acknowledged = 0
  /** Readings in requests that were refused or not answered, counted for each attempt. */
  refused = 0

  /** @param prefix of all vins; no other vehicle may use it */
  constructor(prefix: string) {
    this.#prefix = prefix
  }

  openLine(): LineAccount {
    const line = new LineAccount(`${this.#prefix}-${this.lines.length}`)
    this.lines.push(line)
    return line
  }
}
