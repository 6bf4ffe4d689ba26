import { createHash } from 'node:crypto'
import { firstDeviceSequence } from '../../telemetry/reading/device-sequence.ts'
import type { JsonObject, JsonValue, Reading } from '../../telemetry/reading/reading.ts'
import { encodeReading } from '../../telemetry/reading/wire.ts'

/**
 * Gives a reading a number made of its content, because devices send whole seconds and no numbers. A
 * repeated reading has the same number and becomes no second row; another reading of the same second
 * becomes a row of its own.
 */
export function numberReading(reading: Reading): Reading {
  const metadata = reading.metadata === null ? null : (sorted(reading.metadata) as JsonObject)
  const content = encodeReading({ ...reading, sequence: 0, metadata })
  const digest = createHash('sha256').update(content).digest()
  // The first 52 bits.
  const bits = digest.readUIntBE(0, 6) * 16 + ((digest[6] ?? 0) >> 4)
  return { ...reading, sequence: firstDeviceSequence + bits }
}

/** With the fields of all objects in one order. */
function sorted(value: JsonValue): JsonValue {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return (value as readonly JsonValue[]).map(sorted)
  const entries = Object.entries(value as JsonObject)
  const inOrder = entries.sort(([a], [b]) => (a < b ? -1 : Number(a > b)))
  return Object.fromEntries(inOrder.map(([name, child]) => [name, sorted(child)]))
}
