import type pg from 'pg'
import type { Micros } from '../../../telemetry/time.ts'
import { toIsoMicroseconds } from '../../../telemetry/time.ts'
import { microsecondsPerDay } from '../../../telemetry/reading/reading.ts'
import type { TripReading, TripSpan } from '../../../telemetry/trips/trip.ts'
import { sqlStatement } from '../sql-file.ts'
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

/** Bytes before the elements of an array, and of an element with its length (`array_send`). */
const [arrayHeaderBytes, elementBytes] = [20, 12]
/** Postgres counts the microseconds of a time from 2000. */
const postgresEpoch: Micros = Date.UTC(2000, 0, 1) * 1000

/** The columns are arrays without null. An unknown speed is NaN. Times are 64-bit integers, all other values doubles. */
function toReadings([, times, longitudes, latitudes, speeds]: BinaryRow): TripReading[] {
  if (!times || !longitudes || !latitudes || !speeds) return []
  const count = (times.length - arrayHeaderBytes) / elementBytes
  const [longitude, latitude, speed] = [longitudes, latitudes, speeds].map(viewOf) as Views
  const at = viewOf(times)
  const readings = new Array<TripReading>(count)
  for (let index = 0; index < count; index += 1) {
    const position = arrayHeaderBytes + index * elementBytes + 4
    readings[index] = {
      at: at.getInt32(position) * 2 ** 32 + at.getUint32(position + 4) + postgresEpoch,
      longitude: longitude.getFloat64(position),
      latitude: latitude.getFloat64(position),
      speed: nullIfNaN(speed.getFloat64(position)),
    }
  }
  return readings
}

function nullIfNaN(value: number): number | null {
  return Number.isNaN(value) ? null : value
}

type Views = [DataView, DataView, DataView]

function viewOf(bytes: Buffer): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
