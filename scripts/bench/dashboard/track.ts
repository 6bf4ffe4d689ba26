import { PostgresDayStore } from '../../../services/adapters/postgres/readings/day-store.ts'
import { toUtcDay } from '../../../services/telemetry/time.ts'
import type { Bench, BenchContext, Figure } from '../bench.ts'
import { below, quantile } from '../bench.ts'
import type { BenchPlatform } from '../bench-platform.ts'
import { formatValue } from '../report.ts'
import { withFullPlatform } from '../full-platform.ts'
import { vinOf } from './drive.ts'

const vehicles = 232
const daySeconds = 86_400
/** Seconds of data in a short run. */
const quickSeconds = 600
/** Number of INSERT statements. */
const statements = 24
/** Number of vehicles to request. Each is requested once, so that no response is cached. */
const vehiclesRequested = 15
const maxMs = 200

/**
 * Inserts a day of all vehicles with one reading per second, in the order of arrival: consecutive
 * readings of a vehicle are on different pages of the table.
 */
const fill = (table: string): string => `
  INSERT INTO "${table}" (vin, recorded_at, sequence, latitude, longitude, altitude, speed, heading, make, model, metadata, received_at)
  SELECT 'BENCH-' || lpad(vehicle::text, 5, '0'), $1::timestamptz + second * interval '1 s', second + 1,
    37.77 + 0.05 * sin(second / 700.0 + vehicle) + 0.000008 * (random() - 0.5),
    -122.42 + 0.07 * cos(second / 900.0 + vehicle * 2) + 0.000008 * (random() - 0.5),
    12.5 + random(), 15 * abs(sin(second / 60.0)), second % 360, 'Toyota', 'RAV4', '{}',
    $1::timestamptz + second * interval '1 s'
  FROM generate_series($2::integer, $3::integer) AS second,
    LATERAL generate_series(1, ${vehicles} + 0 * second) AS vehicle`

/** The requests for a vehicle's day. `first` is the number of the first vehicle. */
const requests = [
  { name: 'a track over a day', path: 'track', first: 20, most: maxMs },
  { name: 'trips and stops of a day', path: 'trips', first: 60, most: maxMs },
  { name: 'a track over a day as CSV', path: 'track', format: '&format=csv', first: 100 },
] as const

export const dashboardTrack: Bench = {
  name: 'dashboard-track',
  description: `requests for one vehicle's day among ${((vehicles * daySeconds) / 1e6).toFixed(0)} million rows`,
  measure: (context) =>
    withFullPlatform(context, async (platform) => {
      const day = new Date(Math.floor(Date.now() / 86_400_000 - 1) * 86_400_000)
      await fillDay(platform, context, day)
      const next = new Date(day.getTime() + 86_400_000)
      const span = `from=${day.toISOString()}&to=${next.toISOString()}`
      const figures: Figure[] = []
      for (const { name, path, first, ...rest } of requests) {
        const query = `${span}${'format' in rest ? rest.format : ''}`
        const durationsMs = await measureRequests(
          platform,
          (turn) => `${vinOf(first + turn)}/${path}?${query}`,
        )
        const note = `median of ${vehiclesRequested} vehicles; longest ${quantile(durationsMs, 1).toFixed(0)} ms`
        const middle = quantile(durationsMs, 0.5)
        if ('most' in rest) figures.push(below(name, middle, { most: rest.most, unit: 'ms', note }))
        else figures.push({ name, value: middle, unit: 'ms', note })
      }
      return figures
    }),
}

async function fillDay(
  { pool, config }: BenchPlatform,
  { isQuick, printProgress, signal }: BenchContext,
  day: Date,
): Promise<void> {
  const { table } = config.postgres
  const seconds = isQuick ? quickSeconds : daySeconds
  await pool.query('SELECT ensure_day($1::date)', [day])
  const statement = fill(table)
  for (let piece = 0; piece < statements; piece += 1) {
    signal.throwIfAborted()
    const from = (piece * seconds) / statements
    await pool.query(statement, [day, from, from + seconds / statements - 1])
    printProgress(`${formatValue(((piece + 1) * seconds * vehicles) / statements)} rows`)
  }
  printProgress('rebuilding the index of the day')
  await new PostgresDayStore(pool, table).reindex(toUtcDay(day.getTime() * 1000))
}

/** Milliseconds of each response. */
async function measureRequests(
  { dashboardUrl }: BenchPlatform,
  pathOf: (turn: number) => string,
): Promise<number[]> {
  const durationsMs: number[] = []
  for (let turn = 0; turn <= vehiclesRequested; turn += 1) {
    const since = performance.now()
    const response = await fetch(`${dashboardUrl}/api/vehicles/${pathOf(turn)}`)
    await response.arrayBuffer()
    if (response.status !== 200) throw new Error(`${pathOf(turn)} returned ${response.status}`)
    // The first request opens the connection and does not count.
    if (turn > 0) durationsMs.push(performance.now() - since)
  }
  return durationsMs
}
