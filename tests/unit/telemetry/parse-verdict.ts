import { parseReading } from '../../../services/telemetry/reading/parse-reading.ts'
import type { RefusalCode, TimeWindow } from '../../../services/telemetry/reading/reading.ts'
import { aReadingJson, aWindow } from '../../support/builders.ts'

/** Parses a decoded JSON value; returns the code of its refusal, or `accepted`. */
export function verdictOn(
  value: unknown,
  window: TimeWindow = aWindow(),
): RefusalCode | 'accepted' {
  const parsed = parseReading(value, window)
  return parsed.ok ? 'accepted' : parsed.refusal.code
}

/** The same for a valid reading with these fields replaced. */
export function verdictWith(
  fields: Readonly<Record<string, unknown>>,
  window?: TimeWindow,
): RefusalCode | 'accepted' {
  return verdictOn(aReadingJson(fields), window)
}
