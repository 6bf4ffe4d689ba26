import * as z from 'zod'
import type { EnvironmentReader } from './env.ts'
import type { TripRules } from '../telemetry/trips/trip-rules.ts'

const rule = z.number().nonnegative()
const tripRules = z.strictObject({
  jumpMetres: rule,
  jumpMetresPerSecond: rule,
  jumpReadings: rule,
  stopSeconds: rule,
  stopMetres: rule,
  leaveMetres: rule,
  leaveReadings: rule,
  leaveAtOnceMetres: rule,
  silenceFactor: rule,
  silenceIntervals: rule,
  silenceMinIntervals: rule,
  silenceMinSeconds: rule,
  silenceMaxSeconds: rule,
  silenceMetres: rule,
  tripMetres: rule,
  pointMetres: rule,
  borderMinutes: rule,
}) satisfies z.ZodType<TripRules>

/** The rules of trips and stops, a JSON object in one variable. */
export function readTripRulesEnv(env: EnvironmentReader): TripRules {
  const expected = 'a JSON object with the settings dashboard.trips'
  const text = env.text('TRIP_RULES', expected)
  const { data, success } = tripRules.safeParse(parseJson(text))
  env.expect(text === '' || success, 'TRIP_RULES', expected)
  return data ?? ({} as TripRules)
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
