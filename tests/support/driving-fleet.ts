import { setTimeout as wait } from 'node:timers/promises'
import { postJson } from './http-client.ts'

/** The position around which the test vehicles drive. */
export const place = { latitude: 37.7749, longitude: -122.4194 }

const metresPerDegree = 111_195
/** The time between two readings of a vehicle. */
const intervalMs = 500

export type Report = {
  /** East of `place`. */
  readonly eastMetres: number
  readonly secondsAgo: number
  readonly make?: string
  readonly model?: string
  readonly metadata?: object
}

/** Vehicles that drive east on parallel lanes and report over HTTP until disposed. */
export class DrivingFleet implements AsyncDisposable {
  readonly #url: string
  readonly #stop = new AbortController()
  #driving: Promise<void> | undefined

  /** @param url base URL of the ingress */
  constructor(url: string) {
    this.#url = url
  }

  /** Starts the vehicles `DRIVE-0`, `DRIVE-1` and so on. */
  async start(count: number): Promise<void> {
    await this.#reportAll(count, 0)
    this.#driving = this.#drive(count)
  }

  /** Posts one reading of a vehicle that is not part of the driving fleet. */
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
    if (status !== 202)
      throw new Error(`POST for ${vin} returned ${status}: ${JSON.stringify(body)}`)
  }

  async #drive(count: number): Promise<void> {
    for (let turn = 1; !this.#stop.signal.aborted; turn += 1) {
      await wait(intervalMs, undefined, { signal: this.#stop.signal }).catch(() => undefined)
      await this.#reportAll(count, turn)
    }
  }

  async #reportAll(count: number, turn: number): Promise<void> {
    const timestamp = new Date().toISOString()
    const readings = Array.from({ length: count }, (_, index) => ({
      vin: `DRIVE-${index}`,
      timestamp,
      // At least 400 m north of `place`, where tests look for single vehicles.
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
