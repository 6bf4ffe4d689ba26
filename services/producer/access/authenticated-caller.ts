import { copyText } from './copy-text.ts'
import { hashOfToken } from '../../devices/device-token.ts'
import type { Device } from '../../telemetry/devices/device.ts'
import type { DeviceRegistry } from '../../telemetry/devices/device-registry.ts'

/** A sender with a valid token of the platform, or of a device. */
export type AuthenticatedCaller =
  | { readonly kind: 'platform'; readonly token: string }
  | {
      readonly kind: 'device'
      readonly token: string
      readonly tokenHash: string
      readonly vin: string
      /** A vin and an address contain no slash, so this differs from the keys of addresses. */
      readonly limitKey: string
    }

/** Callers that are kept, about 4 MB. */
const maxKept = 10_000

/** Finds the sender of a token. */
export class TokenCallers {
  readonly #hashesForAllVehicles: ReadonlySet<string>
  /**
   * By token. Only valid tokens are kept. A map compares a text only with one that has the same hash, and the seed of
   * these hashes is random: how long it takes does not reveal how many characters of a token match.
   */
  readonly #kept = new Map<string, AuthenticatedCaller>()

  constructor(tokensForAllVehicles: readonly string[]) {
    this.#hashesForAllVehicles = new Set(tokensForAllVehicles.map(hashOfToken))
  }

  find(token: string, devices: DeviceRegistry): AuthenticatedCaller | undefined {
    const kept = this.#kept.get(token)
    if (kept !== undefined && isValid(kept, devices)) return kept
    const caller = this.#authenticate(token, devices)
    if (caller === undefined) {
      if (kept !== undefined) this.#kept.delete(token)
      return undefined
    }
    if (this.#kept.size >= maxKept) this.#kept.clear()
    this.#kept.set(caller.token, caller)
    return caller
  }

  #authenticate(token: string, devices: DeviceRegistry): AuthenticatedCaller | undefined {
    // Hashes of random tokens: how long a comparison takes reveals nothing about the token.
    const tokenHash = hashOfToken(token)
    if (this.#hashesForAllVehicles.has(tokenHash))
      return { kind: 'platform', token: copyText(token) }
    const vin = devices.findByToken(tokenHash)?.vin
    if (vin === undefined) return undefined
    return { kind: 'device', token: copyText(token), tokenHash, vin, limitKey: `device/${vin}` }
  }
}

function isValid(caller: AuthenticatedCaller, devices: DeviceRegistry): boolean {
  return caller.kind === 'platform' || deviceOf(caller, devices) !== undefined
}

/** The device of a caller; undefined if its token was revoked or replaced since, or the device removed. */
export function deviceOf(
  caller: Extract<AuthenticatedCaller, { kind: 'device' }>,
  devices: DeviceRegistry,
): Device | undefined {
  const device = devices.record(caller.vin)
  return device?.tokenHash === caller.tokenHash && !device.removed ? device : undefined
}
