import { copyText } from './copy-text.ts'
import type { WaitingVehicle } from '../../devices/waiting-vehicles.ts'
import { isAlias } from '../../telemetry/devices/device.ts'

type Entry = {
  readonly firstSeenAt: number
  lastSeenAt: number
  requests: number
}

export const maxWaitingVehicles = 1_000
const dayMs = 24 * 60 * 60 * 1_000

/**
 * The vehicles without a device whose requests were refused: those that want to join. It is bounded, and a vehicle is
 * listed until a day after its last request. If it is full, the vehicle with the fewest requests makes room, so
 * random ids of a stranger do not displace a phone that repeats its requests. An id that can be neither a vin nor an
 * alias is not listed, because no device can have it.
 */
export class WaitingVehicles {
  readonly #entries = new Map<string, Entry>()
  readonly #now: () => number

  /** @param now milliseconds since the Unix epoch */
  constructor(now: () => number = Date.now) {
    this.#now = now
  }

  note(id: string): void {
    // Each vin is a valid alias, too.
    if (!isAlias(id)) return
    const now = this.#now()
    const known = this.#entries.get(id)
    if (known !== undefined) {
      known.lastSeenAt = now
      known.requests += 1
      return
    }
    if (this.#entries.size >= maxWaitingVehicles) this.#makeRoom()
    this.#entries.set(copyText(id), { firstSeenAt: now, lastSeenAt: now, requests: 1 })
  }

  /** The last one first. */
  list(): WaitingVehicle[] {
    this.#removeOld()
    const toText = (time: number) => new Date(time).toISOString()
    return [...this.#entries]
      .sort(([, a], [, b]) => b.lastSeenAt - a.lastSeenAt)
      .map(([id, { firstSeenAt, lastSeenAt, requests }]) => ({
        ...{ id, requests },
        ...{ firstSeenAt: toText(firstSeenAt), lastSeenAt: toText(lastSeenAt) },
      }))
  }

  #removeOld(): void {
    const oldest = this.#now() - dayMs
    for (const [id, { lastSeenAt }] of this.#entries)
      if (lastSeenAt < oldest) this.#entries.delete(id)
  }

  #makeRoom(): void {
    this.#removeOld()
    if (this.#entries.size < maxWaitingVehicles) return
    let least: readonly [string, Entry] | undefined
    for (const each of this.#entries)
      if (least === undefined || isLess(each[1], least[1])) least = each
    if (least !== undefined) this.#entries.delete(least[0])
  }
}

function isLess(a: Entry, b: Entry): boolean {
  return a.requests < b.requests || (a.requests === b.requests && a.lastSeenAt < b.lastSeenAt)
}
