import type { Micros } from '../time.ts'
import type { Device } from './device.ts'
import type { DeviceRegistry } from './device-registry.ts'

export type DeviceChange =
  | {
      readonly kind: 'add'
      readonly vin: string
      readonly name: string
      readonly aliases: readonly string[]
      readonly tokenHash: string
    }
  | { readonly kind: 'rename'; readonly vin: string; readonly name: string }
  | { readonly kind: 'add-alias'; readonly vin: string; readonly alias: string }
  | { readonly kind: 'remove-alias'; readonly vin: string; readonly alias: string }
  | { readonly kind: 'rotate'; readonly vin: string; readonly tokenHash: string }
  | { readonly kind: 'revoke'; readonly vin: string }
  | { readonly kind: 'remove'; readonly vin: string }

/** Why a change is not possible. `id-taken`: another device has the vin or an alias. */
export type ChangeRefusal = 'unknown' | 'exists' | 'id-taken'

export type ChangedDevice =
  | { readonly kind: 'device'; readonly device: Device }
  | { readonly kind: 'refused'; readonly refusal: ChangeRefusal }

/** The device after a change. */
export function changeDevice(
  registry: DeviceRegistry,
  change: DeviceChange,
  now: Micros,
): ChangedDevice {
  const before = registry.record(change.vin)
  const revision = (before?.revision ?? 0) + 1
  if (change.kind === 'add') {
    const refusal = whyNotAdded(registry, change)
    if (refusal !== undefined) return { kind: 'refused', refusal }
    const { vin, name, aliases, tokenHash } = change
    const times = { createdAt: now, changedAt: now }
    return {
      kind: 'device',
      device: { vin, revision, name, aliases, tokenHash, ...times, removed: false },
    }
  }
  if (before === undefined || before.removed) return { kind: 'refused', refusal: 'unknown' }
  if (change.kind === 'add-alias' && isOfAnother(registry, change))
    return { kind: 'refused', refusal: 'id-taken' }
  const changed = { ...before, ...changedFields(change, before), revision, changedAt: now }
  return { kind: 'device', device: changed }
}

function whyNotAdded(
  registry: DeviceRegistry,
  { vin, aliases }: Extract<DeviceChange, { kind: 'add' }>,
): ChangeRefusal | undefined {
  if (registry.find(vin)?.vin === vin) return 'exists'
  return [vin, ...aliases].some((id) => registry.find(id) !== undefined) ? 'id-taken' : undefined
}

function isOfAnother(
  registry: DeviceRegistry,
  { vin, alias }: Extract<DeviceChange, { kind: 'add-alias' }>,
): boolean {
  const holder = registry.find(alias)
  return holder !== undefined && holder.vin !== vin
}

function changedFields(
  change: Exclude<DeviceChange, { kind: 'add' }>,
  { vin, aliases }: Device,
): Partial<Device> {
  switch (change.kind) {
    case 'rename':
      return { name: change.name }
    case 'add-alias':
      return { aliases: [...new Set([...aliases, change.alias])].filter((id) => id !== vin) }
    case 'remove-alias':
      return { aliases: aliases.filter((alias) => alias !== change.alias) }
    case 'rotate':
      return { tokenHash: change.tokenHash }
    case 'revoke':
      return { tokenHash: null }
    case 'remove':
      return { tokenHash: null, aliases: [], removed: true }
    default:
      return change satisfies never
  }
}

/**
 * The record that makes the registry the same for readers after Kafka has removed all records of the vin but the
 * last one: the standing record again, or a removal if none stands.
 */
export function repairOf(registry: DeviceRegistry, vin: string): Device {
  const standing = registry.record(vin)
  if (standing !== undefined) return { ...standing, revision: standing.revision + 1 }
  const nothing = { name: vin, aliases: [], tokenHash: null, createdAt: 0, changedAt: 0 }
  return { vin, revision: 1, ...nothing, removed: true }
}
