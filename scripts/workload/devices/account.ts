import type { DevicePosition } from './device-requests.ts'

/** A row that the platform has stored. @member seconds since the Unix epoch */
export type FoundPosition = {
  readonly vin: string
  readonly seconds: number
  readonly latitude: number
}

export type PositionCounts = {
  readonly stored: number
  readonly lost: number
  readonly duplicates: number
}

const degreesPerPosition = 1e-6
const latitudeOf = (number: number): number => Math.round(1e6 + number) * degreesPerPosition

/**
 * The positions of one device: one for each second from `begin` on. The latitude follows from the number of the
 * position, so that a row can be compared with what was sent.
 */
export class DeviceAccount {
  readonly vin: string
  readonly #token: string
  readonly #begin: number
  readonly #acknowledged = new Set<number>()
  #count = 0

  constructor(device: { readonly vin: string; readonly token: string }, begin: number) {
    this.vin = device.vin
    this.#token = device.token
    this.#begin = begin
  }

  /** How many positions were created. */
  get count(): number {
    return this.#count
  }

  get acknowledged(): number {
    return this.#acknowledged.size
  }

  create(): DevicePosition & { readonly number: number } {
    const number = this.#count++
    const place = { latitude: latitudeOf(number), longitude: 13.4 }
    return { number, id: this.vin, token: this.#token, seconds: this.#begin + number, ...place }
  }

  acknowledge(number: number): void {
    this.#acknowledged.add(number)
  }

  /** Compares the rows of the device with what was sent. */
  compare(rows: readonly FoundPosition[]): PositionCounts {
    const found = new Set<number>()
    let duplicates = 0
    for (const { vin, seconds, latitude } of rows) {
      const number = seconds - this.#begin
      const isSent = vin === this.vin && number >= 0 && number < this.#count
      const isSame = Math.abs(latitude - latitudeOf(number)) < degreesPerPosition / 2
      if (!isSent || !isSame || found.has(number)) duplicates += 1
      else found.add(number)
    }
    const lost = [...this.#acknowledged].filter((number) => !found.has(number)).length
    return { stored: found.size, lost, duplicates }
  }
}
