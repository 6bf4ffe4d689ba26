import { createHash } from 'node:crypto'
import { firstDeviceSequence } from '../../telemetry/reading/device-sequence.ts'
import type { JsonObject, JsonValue, Reading } from '../../telemetry/reading/reading.ts'
import { encodeReading } from '../../telemetry/reading/wire.ts'

/**
 * Computes the sequence of a reading from its content, because devices send times in whole seconds and no
 * sequence. A repeated reading has the same number and becomes no second row. Another reading of the same
 * second becomes another row.
 */
export function numberReading(reading: Reading): Reading {
  const metadata = reading.metadata === null ? null : (sorted(reading.metadata) as JsonObject)
  const content = encodeReading({ ...reading, sequence: 0, metadata })
  const digest = createHash('sha256').update(content).digest()
  // The first 52 bits.
  const bits = digest.readUIntBE(0, 6) * 16 + ((digest[6] ?? 0) >> 4)
  return { ...reading, sequence: firstDeviceSequence + bits }
}

/** Sorts the fields of all objects by name. */
function sorted(value: JsonValue): JsonValue {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return (value as readonly JsonValue[]).map(sorted)
  const entries = Object.entries(value as JsonObject)
  const inOrder = entries.sort(([a], [b]) => (a < b ? -1 : Number(a > b)))
  return Object.fromEntries(inOrder.map(([name, child]) => [name, sorted(child)]))
}
