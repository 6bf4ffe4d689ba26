import type { DeviceRegistry } from './device-registry.ts'

const maxVinCharacters = 32

/** A free vin for a device that is added without one, e.g. VAN-12 for "Van 12", or VAN-12-2 if that is taken. */
export function vinOfName(
  name: string | undefined,
  registry: Pick<DeviceRegistry, 'find' | 'record'>,
): string {
  const letters = (name ?? '').normalize('NFD').replace(/\p{M}/gu, '')
  const stem = letters
    .toUpperCase()
    .replace(/[^A-Z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
  const base = stem === '' ? 'VEHICLE' : stem
  for (let number = 1; ; number += 1) {
    const suffix = number === 1 && stem !== '' ? '' : `-${number}`
    const vin = `${base.slice(0, maxVinCharacters - suffix.length)}${suffix}`
    // The rows of a removed device stay under its vin.
    if (registry.find(vin) === undefined && registry.record(vin) === undefined) return vin
  }
}
