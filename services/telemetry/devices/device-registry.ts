import type { Device, RegistryMarker } from './device.ts'
import { decodeRecord } from './device.ts'

/**
 * What became of a record. Only one that stands has changed the registry. The others are void: `stale` if another
 * record had its revision or a later one before, `id-taken` if another device has its vin or one of its aliases,
 * `token-taken` if another device has its token.
 */
export type RecordOutcome = 'stands' | 'stale' | 'id-taken' | 'token-taken' | 'unreadable'

/**
 * The devices, made of the records of their topic in the order of their offsets. All readers apply the same rules,
 * so they agree which of two records that were written at the same time stands.
 */
export class DeviceRegistry {
  /** By vin, with the removed ones. */
  readonly #devices = new Map<string, Device>()
  /** The vin of each alias. */
  readonly #vinOfAlias = new Map<string, string>()
  readonly #vinOfToken = new Map<string, string>()
  readonly #overwritten = new Set<string>()
  #marker: RegistryMarker | undefined

  get marker(): RegistryMarker | undefined {
    return this.#marker
  }

  /** How many devices have records, with the removed ones. */
  get size(): number {
    return this.#devices.size
  }

  /** Whether the marker and all devices that it counts were read. */
  get isComplete(): boolean {
    return this.#marker !== undefined && this.#devices.size >= this.#marker.count
  }

  /**
   * The vins whose last record is void. Kafka will remove the record before it, so a reader that begins later
   * would see another registry. Writers append the standing record again (`repairOf`).
   */
  get overwritten(): ReadonlySet<string> {
    return this.#overwritten
  }

  /** Devices that are not removed. */
  *devices(): Generator<Device> {
    for (const device of this.#devices.values()) if (!device.removed) yield device
  }

  /** All devices, with the removed ones. */
  records(): IterableIterator<Device> {
    return this.#devices.values()
  }

  /** The last standing record of a vin, also of a removed device. */
  record(vin: string): Device | undefined {
    return this.#devices.get(vin)
  }

  /** The device with this vin or alias. */
  find(id: string): Device | undefined {
    const device = this.#devices.get(this.#vinOfAlias.get(id) ?? id)
    return device?.removed === false ? device : undefined
  }

  findByToken(tokenHash: string): Device | undefined {
    const vin = this.#vinOfToken.get(tokenHash)
    return vin === undefined ? undefined : this.#devices.get(vin)
  }

  apply(key: string, value: string | undefined): RecordOutcome {
    const record = decodeRecord(key, value)
    if (record === undefined) {
      if (this.#devices.has(key)) this.#overwritten.add(key)
      return 'unreadable'
    }
    if (record.kind === 'marker') {
      this.#marker = record.marker
      return 'stands'
    }
    const { device } = record
    const outcome = this.#judge(device)
    if (outcome === 'stands') {
      this.#replace(device)
      this.#overwritten.delete(device.vin)
    } else {
      this.#overwritten.add(device.vin)
    }
    return outcome
  }

  #judge(device: Device): RecordOutcome {
    const { vin, revision, aliases, tokenHash, removed } = device
    if (revision <= (this.#devices.get(vin)?.revision ?? 0)) return 'stale'
    if (removed) return 'stands'
    if ([vin, ...aliases].some((id) => this.#isTaken(id, vin))) return 'id-taken'
    const holder = tokenHash === null ? undefined : this.#vinOfToken.get(tokenHash)
    return holder === undefined || holder === vin ? 'stands' : 'token-taken'
  }

  #isTaken(id: string, vin: string): boolean {
    const holder = this.find(id)
    return holder !== undefined && holder.vin !== vin
  }

  #replace(device: Device): void {
    const { vin } = device
    const before = this.#devices.get(vin)
    for (const alias of before?.aliases ?? []) this.#vinOfAlias.delete(alias)
    if (typeof before?.tokenHash === 'string') this.#vinOfToken.delete(before.tokenHash)
    this.#devices.set(vin, device)
    if (device.removed) return
    for (const alias of device.aliases) this.#vinOfAlias.set(alias, vin)
    if (device.tokenHash !== null) this.#vinOfToken.set(device.tokenHash, vin)
  }
}
