import type pg from 'pg'
import { toIsoMicroseconds } from '../../../telemetry/time.ts'
import { microsecondsPerDay } from '../../../telemetry/reading/reading.ts'
import type { TripReading, TripSpan } from '../../../telemetry/trips/trip.ts'
import type { TrackColumns } from '../../../telemetry/track/track-columns.ts'
import { nullIfNaN } from '../../../telemetry/track/track-columns.ts'
import { sqlStatement } from '../sql-file.ts'
import { decodeDoubles, decodeTimes } from './decode-array.ts'
import type { BinaryRow } from './select-binary.ts'
import { streamBinary } from './stream-binary.ts'

export type VehicleReadings = { readonly vin: string; readonly readings: readonly TripReading[] }

/**
 * Reads the readings of all vehicles in a time span, vehicle by vehicle in the order of their vins.
 * Memory holds the readings of one vehicle.
 */
export async function* readingsByVehicle(
  client: pg.ClientBase,
  table: string,
  { from, to }: TripSpan,
): AsyncGenerator<VehicleReadings> {
  const days = [
    Math.floor(from / microsecondsPerDay) * microsecondsPerDay,
    Math.ceil(to / microsecondsPerDay) * microsecondsPerDay,
  ]
  const values = [from, to, ...days].map(toIsoMicroseconds)
  const statement = sqlStatement('readings-by-vehicle', { table })
  for await (const row of streamBinary(client, statement, values)) {
    yield { vin: row[0]?.toString('utf8') ?? '', readings: toReadings(row) }
  }
}

/** Without readings the columns are null. */
function toReadings([, times, longitudes, latitudes, speeds]: BinaryRow): TripReading[] {
  if (!times || !longitudes || !latitudes || !speeds) return []
  return readingsOf({
    at: decodeTimes(times),
    longitude: decodeDoubles(longitudes),
    latitude: decodeDoubles(latitudes),
    speed: decodeDoubles(speeds),
  })
}

type ReadingColumns = Pick<TrackColumns, 'at' | 'longitude' | 'latitude' | 'speed'>

function readingsOf({ at, longitude, latitude, speed }: ReadingColumns): TripReading[] {
  const readings = new Array<TripReading>(at.length)
  for (let index = 0; index < at.length; index += 1) {
    readings[index] = {
      at: at[index] ?? NaN,
      longitude: longitude[index] ?? NaN,
      latitude: latitude[index] ?? NaN,
      speed: nullIfNaN(speed[index]),
    }
  }
  return readings
}
