import type { Micros } from '../time.ts'
import { vinField } from '../reading/fields.ts'

/** A device: what reports under a vin. Its record in the topic of devices has the vin as its key. */
export type Device = {
  readonly vin: string
  /** 1 for the first record of the vin, one more in each later one. */
  readonly revision: number
  readonly name: string
  /** Further ids under which the device reports. Its readings are stored under the vin. */
  readonly aliases: readonly string[]
  /** SHA-256 of the token as base64url; null if no token is valid. */
  readonly tokenHash: string | null
  readonly createdAt: Micros
  readonly changedAt: Micros
  /** A removed device is unknown. Its rows stay. */
  readonly removed: boolean
}

/**
 * The record after the devices that provisioning has written into a new topic. A reader that has not read it
 * does not know the registry.
 */
export type RegistryMarker = {
  readonly registryId: string
  /** How many devices are before it. */
  readonly count: number
  /** Whether the platform had readings before it had devices: for the default of `devices.unknown`. */
  readonly acceptsUnknown: boolean
}

export type DeviceRecord =
  | { readonly kind: 'device'; readonly device: Device }
  | { readonly kind: 'marker'; readonly marker: RegistryMarker }

/** The key of the marker. No vin has it. */
const markerKey = '#registry'

export const maxNameCharacters = 128
export const maxAliases = 8
export const maxAliasCharacters = 64

/** Visible text on one line. */
const linePattern = /^[^\p{Cc}\p{Cs}\p{Zl}\p{Zp}]+$/u

export function isDeviceName(text: unknown): text is string {
  if (typeof text !== 'string') return false
  return text.trim() !== '' && text.length <= maxNameCharacters && linePattern.test(text)
}

export function isAlias(text: unknown): text is string {
  if (typeof text !== 'string') return false
  return text.trim() === text && text.length <= maxAliasCharacters && linePattern.test(text)
}

export type KeyAndValue = { readonly key: string; readonly value: string }

export function encodeDevice(device: Device): KeyAndValue {
  return { key: device.vin, value: JSON.stringify(device) }
}

export function encodeMarker(marker: RegistryMarker): KeyAndValue {
  return { key: markerKey, value: JSON.stringify(marker) }
}

/** Undefined if it is not a record of a registry. */
export function decodeRecord(key: string, value: string | undefined): DeviceRecord | undefined {
  const fields = parseObject(value)
  if (fields === undefined) return undefined
  if (key === markerKey) {
    const marker = toMarker(fields)
    return marker && { kind: 'marker', marker }
  }
  const device = toDevice(fields)
  return device?.vin === key ? { kind: 'device', device } : undefined
}

type Fields = Readonly<Record<string, unknown>>

function parseObject(text: string | undefined): Fields | undefined {
  try {
    const value: unknown = JSON.parse(text ?? '')
    return typeof value === 'object' && value !== null ? (value as Fields) : undefined
  } catch {
    return undefined
  }
}

function toMarker({ registryId, count, acceptsUnknown }: Fields): RegistryMarker | undefined {
  if (typeof registryId !== 'string' || !isCount(count) || typeof acceptsUnknown !== 'boolean')
    return undefined
  return { registryId, count, acceptsUnknown }
}

/** Devices without aliases share a list. */
const noAliases: readonly string[] = []

function toDevice(fields: Fields): Device | undefined {
  const { vin, name, removed } = fields
  const aliases = toAliases(fields['aliases'])
  if (typeof vin !== 'string' || !vinField.pattern.test(vin)) return undefined
  if (!isDeviceName(name) || aliases === undefined || typeof removed !== 'boolean') return undefined
  const rest = toRest(fields)
  return rest && { vin, name, aliases, removed, ...rest }
}

function toRest({ revision, tokenHash, createdAt, changedAt }: Fields) {
  if (!isCount(revision) || !isCount(createdAt) || !isCount(changedAt)) return undefined
  if (typeof tokenHash !== 'string' && tokenHash !== null) return undefined
  return { revision, tokenHash, createdAt, changedAt }
}

function toAliases(value: unknown): readonly string[] | undefined {
  if (!Array.isArray(value)) return undefined
  if (value.length === 0) return noAliases
  return value.length <= maxAliases && value.every(isAlias) ? value : undefined
}

const isCount = (value: unknown): value is number =>
  Number.isSafeInteger(value) && Number(value) >= 0
