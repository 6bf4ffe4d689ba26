import { setTimeout as wait } from 'node:timers/promises'

/**
 * Milliseconds since the Unix epoch, with fractions: the clock of this process and of the pages.
 */
export const clock = (): number => performance.timeOrigin + performance.now()

/** Position of the first vehicle, in degrees. */
export const origin = { latitude: 37.75, longitude: -122.45 }
/** Degrees between two readings of a vehicle, and between columns of vehicles. */
export const step = 0.0001
export const columnWidth = 0.003
export const rowHeight = 0.001
export const rows = 100
/** Milliseconds between two posts. Every vehicle reports once a second. */
const postIntervalMs = 50
const postsPerTurn = 1_000 / postIntervalMs

export const vinOf = (vehicle: number): string => `BENCH-${String(vehicle).padStart(5, '0')}`

/**
 * Vehicles that report once a second, spread over the second. Vehicle 0 does not move, so the distance
 * of another vehicle to it shows which reading of that vehicle is drawn.
 */
export class Drive implements AsyncDisposable {
  readonly vehicles: number
  readonly #url: string
  /** For each turn, the time at which each vehicle's reading was accepted. */
  readonly #accepted: Float64Array[] = []
  readonly #stop = new AbortController()
  readonly #driving: Promise<void>
  #pendingPosts: Promise<void>[] = []

  constructor(url: string, vehicles: number) {
    this.#url = url
    this.vehicles = vehicles
    this.#driving = this.#drive()
  }

  /** The last turn that has started. */
  get turn(): number {
    return this.#accepted.length - 1
  }

  /** The time by `clock` at which a reading was answered with 202; NaN if it was not. */
  acceptedAt(vehicle: number, turn: number): number {
    return this.#accepted[turn]?.[vehicle] ?? NaN
  }

  /** Resolves when a turn has started. Rejects if the signal aborts. */
  async reach(turn: number, signal: AbortSignal): Promise<void> {
    while (this.turn < turn) await wait(100, undefined, { signal })
  }

  async #drive(): Promise<void> {
    const since = performance.now()
    for (let post = 0; !this.#stop.signal.aborted; post += 1) {
      const [turn, part] = [Math.floor(post / postsPerTurn), post % postsPerTurn]
      if (part === 0) this.#accepted.push(new Float64Array(this.vehicles).fill(NaN))
      this.#pendingPosts.push(this.#post(turn, part))
      const due = since + (post + 1) * postIntervalMs
      await wait(Math.max(0, due - performance.now()))
    }
    await Promise.all(this.#pendingPosts)
  }

  async #post(turn: number, part: number): Promise<void> {
    const timestamp = new Date().toISOString()
    const vehicles: number[] = []
    for (let id = part; id < this.vehicles; id += postsPerTurn) vehicles.push(id)
    const response = await fetch(this.#url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(vehicles.map((id) => ({ timestamp, ...readingOf(id, turn) }))),
    })
    await response.arrayBuffer()
    const at = clock()
    if (response.status !== 202) return
    for (const id of vehicles) this.#accepted[turn]?.fill(at, id, id + 1)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    await this.#driving
  }
}

function readingOf(vehicle: number, turn: number) {
  const column = Math.floor(vehicle / rows)
  return {
    vin: vinOf(vehicle),
    latitude: origin.latitude + (vehicle % rows) * rowHeight,
    longitude: origin.longitude + column * columnWidth + (vehicle === 0 ? 0 : turn * step),
    speed: vehicle === 0 ? 0 : 9,
    heading: 90,
    sequence: turn + 1,
    make: 'Toyota',
    model: 'RAV4',
    metadata: { battery: 0.5 },
  }
}
