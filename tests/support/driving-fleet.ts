import { setTimeout as wait } from 'node:timers/promises'
import { postJson } from './http-client.ts'

/** Where the vehicles of a test are. */
export const place = { latitude: 37.7749, longitude: -122.4194 }

const metresPerDegree = 111_195
/** Milliseconds between two readings of a vehicle. */
const interval = 500

export type Report = {
  /** Metres east of the place. */
  readonly eastMetres: number
  readonly secondsAgo: number
  readonly make?: string
  readonly model?: string
  readonly metadata?: object
}

/** Vehicles that drive east in lanes of their own and report over HTTP, until they are disposed of. */
export class DrivingFleet implements AsyncDisposable {
  readonly #url: string
  readonly #stop = new AbortController()
  #driving: Promise<void> | undefined

  /** @param url of the ingress */
  constructor(url: string) {
    this.#url = url
  }

  /** Starts vehicles `DRIVE-0` and so on. */
  async start(count: number): Promise<void> {
    await this.#reportAll(count, 0)
    this.#driving = this.#drive(count)
  }

  /** One reading of a vehicle of its own. */
  async report(vin: string, { eastMetres, secondsAgo, ...more }: Report): Promise<void> {
    const timestamp = new Date(Date.now() - secondsAgo * 1000).toISOString()
    const reading = {
      vin,
      timestamp,
      ...positionOf(eastMetres, 0),
      speed: 15,
      heading: 90,
      ...more,
    }
    const { status, body } = await postJson({ url: this.#url }, reading)
    if (status !== 202) throw new Error(`${vin} was answered ${status}: ${JSON.stringify(body)}`)
  }

  async #drive(count: number): Promise<void> {
    for (let turn = 1; !this.#stop.signal.aborted; turn += 1) {
      await wait(interval, undefined, { signal: this.#stop.signal }).catch(() => undefined)
      await this.#reportAll(count, turn)
    }
  }

  async #reportAll(count: number, turn: number): Promise<void> {
    const timestamp = new Date().toISOString()
    const readings = Array.from({ length: count }, (_, index) => ({
      vin: `DRIVE-${index}`,
      timestamp,
      // Apart from the place itself, where single vehicles are looked for.
      ...positionOf(turn * 7 - 300, 400 + index * 60),
      speed: 14,
      heading: 90,
      sequence: turn,
      make: 'Tesla',
      model: index === 7 ? 'Roadster' : 'Model 3',
    }))
    await postJson({ url: this.#url }, readings)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    await this.#driving
  }
}

function positionOf(east: number, north: number): typeof place {
  const width = metresPerDegree * Math.cos((place.latitude * Math.PI) / 180)
  return {
    latitude: place.latitude + north / metresPerDegree,
    longitude: place.longitude + east / width,
  }
}
