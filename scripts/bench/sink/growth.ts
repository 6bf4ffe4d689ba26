import { PostgresDayStore } from '../../../services/adapters/postgres/readings/day-store.ts'
import { PostgresTrackStore } from '../../../services/adapters/postgres/readings/track-store.ts'
import { microsecondsPerDay } from '../../../services/telemetry/reading/reading.ts'
import { toUtcDay } from '../../../services/telemetry/time.ts'
import { maxReadings } from '../../../services/dashboard/history/history.ts'
import { fillTopic } from '../../workload/readings/fill-topic.ts'
import { vinDigits, vinOf, vinPrefix } from '../../workload/readings/numbered-readings.ts'
import type { Bench, Figure } from '../bench.ts'
import { median, medianWithSpread } from '../bench.ts'
import { checkpoint } from '../checkpoint.ts'
import type { BenchPlatform } from '../bench-platform.ts'
import { formatValue } from '../report.ts'
import { storeBacklog } from './sink-run.ts'

/** Number of vehicles whose track is read. Each is read once, so that no result is cached. */
const vehiclesRequested = 5
const largestSize = 50
const tableSizes = [1, 10, largestSize]
const slowestTrackMs = 50
/**
 * With a million records per run, this many vehicles at 1 Hz give 50 million rows in 80,000
 * seconds.
 */
const vehiclesPresent = 625
const secondsPresent = 80_000

export const growth: Bench = {
  name: 'growth',
  description: 'rate of sink and time to read a track while the table grows',
  measure: async (context) => {
    await using platform = await context.open()
    const figures: Figure[] = []
    let limit: number | undefined
    // All rows are in one day, so that one partition and its index hold them. Arriving records are
    // later.
    const begin = (Math.floor(Date.now() / 86_400_000) - 1) * microsecondsPerDay
    const arrivals = begin + secondsPresent * 1_000_000
    const all = largestSize * context.records
    let present = 0
    for (const [turn, size] of tableSizes.entries()) {
      const rows = size * context.records
      for (; present < rows; present += context.records) {
        context.printProgress(`${formatValue(present)} of ${formatValue(rows)} rows`)
        context.signal.throwIfAborted()
        const to = present + context.records
        await addRows(platform, { from: present, to, begin, all })
      }
      context.printProgress(`${formatValue(rows)} rows: tracks`)
      const label = `growth, ${size} × ${context.records} rows`
      const tracks = await trackFigures(platform, {
        label,
        begin,
        first: 2 * vehiclesRequested * turn,
      })
      const rates: number[] = []
      for (let run = 0; run < context.runs; run += 1) {
        const first = (turn * context.runs + run) * context.records
        const fill = { first, count: context.records, begin: arrivals }
        await fillTopic(platform, fill, context.signal)
        rates.push((await storeBacklog(platform, context)).rowsPerSecond)
      }
      const rate = medianWithSpread(rates)
      limit ??= rate.value
      figures.push(
        {
          name: label,
          ...rate,
          unit: 'rows/s',
          limit,
          ...(size === largestSize && {
            bar: '≥ 0.9 of the first',
            met: rate.value >= 0.9 * limit,
          }),
        },
        ...tracks,
      )
    }
    return figures
  },
}

type Rows = {
  readonly from: number
  readonly to: number
  readonly begin: number
  readonly all: number
}

/**
 * Inserts rows as the consumer stores them for a live fleet, spread over the seconds of one day.
 */
async function addRows(
  { pool, config }: BenchPlatform,
  { from, to, begin, all }: Rows,
): Promise<void> {
  await pool.query('SELECT ensure_day($1::date)', [new Date(begin / 1000)])
  const microsecondsApart = Math.floor((secondsPresent * 1_000_000 * vehiclesPresent) / all)
  await pool.query(
    `INSERT INTO "${config.postgres.table}" (vin, recorded_at, sequence, latitude, longitude, altitude, speed, heading, make, model, received_at)
     SELECT '${vinPrefix}' || lpad((n % $5::bigint)::text, ${vinDigits}, '0'),
       to_timestamp($3::double precision) + n / $5 * ($4 || ' microseconds')::interval, n / $5,
       37.7, -122.4, 12.5, 13.8, 270, 'Toyota', 'RAV4', to_timestamp($3::double precision)
     FROM generate_series($1::bigint, $2::bigint - 1) AS n`,
    [from, to, begin / 1_000_000, microsecondsApart, vehiclesPresent],
  )
}

type TrackRequest = {
  readonly label: string
  /** Start of the day, in microseconds. */
  readonly begin: number
  /** The number of the first vehicle. */
  readonly first: number
}

/**
 * Reads tracks before and after the index of the day is rebuilt, which a consumer does when a day
 * is over.
 */
async function trackFigures(
  platform: BenchPlatform,
  { label, begin, first }: TrackRequest,
): Promise<Figure[]> {
  const { pool, config } = platform
  await pool.query(`VACUUM ANALYZE "${config.postgres.table}"`)
  await checkpoint(pool)
  const underWay = await trackMs(platform, begin, first)
  await new PostgresDayStore(pool, config.postgres.table).reindex(toUtcDay(begin))
  await checkpoint(pool)
  const over = await trackMs(platform, begin, first + vehiclesRequested)
  return [
    {
      name: `${label}, a track`,
      value: over.ms,
      unit: 'ms',
      bar: `≤ ${slowestTrackMs} ms`,
      met: over.ms <= slowestTrackMs,
      note: `${over.rows} rows of one vehicle over a day`,
    },
    { name: `${label}, a track of a day under way`, value: underWay.ms, unit: 'ms' },
  ]
}

/**
 * Median milliseconds to read a track over one day. `begin` is the start of the day in
 * microseconds.
 */
async function trackMs({ pool, config }: BenchPlatform, begin: number, first: number) {
  const tracks = new PostgresTrackStore(pool, config.postgres.table)
  const span = { from: begin, to: begin + microsecondsPerDay }
  const durationsMs: number[] = []
  let rows = 0
  for (let ask = 0; ask < vehiclesRequested; ask += 1) {
    const since = performance.now()
    const track = await tracks.track(vinOf(first + ask), span, maxReadings)
    durationsMs.push(performance.now() - since)
    rows = track.at.length
  }
  return { ms: median(durationsMs), rows }
}
