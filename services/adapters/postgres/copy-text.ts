import type { Reading } from '../../telemetry/reading.ts'
import { toIsoMicroseconds } from '../../telemetry/time.ts'

/**
 * Rows in the text format of `COPY` (PostgreSQL documentation, COPY, "Text Format"): columns
 * between tabs, `\N` for null, a line a row.
 */

/** The columns of a line, in its order. */
export const copyColumns =
  'vin, recorded_at, sequence, latitude, longitude, altitude, speed, heading, make, model, metadata, received_at'

const escapes: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  '\t': '\\t',
  '\n': '\\n',
  '\r': '\\r',
}

/** A reading as a line of `COPY`, line break included. */
export function toCopyLine(reading: Reading, receivedAt: number): string {
  const { vin, recordedAt, sequence, latitude, longitude, altitude, speed, heading } = reading
  return `${vin}\t${toIsoMicroseconds(recordedAt)}\t${sequence}\t${latitude}\t${longitude}\t${
    altitude ?? '\\N'
  }\t${speed}\t${heading ?? '\\N'}\t${escaped(reading.make)}\t${escaped(reading.model)}\t${
    reading.metadata === null ? '\\N' : escaped(JSON.stringify(reading.metadata))
  }\t${toIsoMicroseconds(receivedAt)}\n`
}

function escaped(text: string | null): string {
  if (text === null) return '\\N'
  return /[\\\t\n\r]/.test(text)
    ? text.replace(/[\\\t\n\r]/g, (found) => escapes[found] ?? '')
    : text
}
