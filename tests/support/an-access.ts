import { hashOfToken } from '../../services/devices/device-token.ts'
import type { AccessOptions } from '../../services/producer/access/access.ts'
import { Access } from '../../services/producer/access/access.ts'
import type { Device } from '../../services/telemetry/devices/device.ts'
import { encodeDevice, encodeMarker } from '../../services/telemetry/devices/device.ts'
import { DeviceRegistry } from '../../services/telemetry/devices/device-registry.ts'

/** A device whose token is `token of VIN`. */
export function aDevice(overrides: Partial<Device> = {}): Device {
  const { vin = 'VAN-12' } = overrides
  const tokenHash = hashOfToken(`token of ${vin}`)
  const times = { createdAt: 1_000_000, changedAt: 1_000_000 }
  return {
    vin,
    revision: 1,
    name: vin,
    aliases: [],
    tokenHash,
    ...times,
    removed: false,
    ...overrides,
  }
}

export const aMarker = (count = 0) =>
  encodeMarker({ registryId: 'r', count, acceptsUnknown: false })

/** A registry with these devices, read to its marker. */
export function aRegistry(devices: readonly Device[] = []): DeviceRegistry {
  const registry = new DeviceRegistry()
  for (const { key, value } of [aMarker(), ...devices.map(encodeDevice)]) registry.apply(key, value)
  return registry
}

/** By default everybody may report as any vehicle that is not in the registry. */
export function anAccess(overrides: Partial<AccessOptions> = {}): Access {
  const registry = aRegistry()
  return new Access({
    tokensForAllVehicles: [],
    isTokenRequired: false,
    unknown: 'accept',
    registry: () => registry,
    failedTokens: { note: () => undefined },
    failureDelay: { afterFailure: () => Promise.resolve(undefined) },
    onRefused: () => undefined,
    onWaiting: () => undefined,
    ...overrides,
  })
}
