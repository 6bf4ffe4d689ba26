import type { Bench, Figure } from './bench.ts'
import { median } from './bench.ts'
import type { BenchPlatform } from './bench-platform.ts'
import { runWaiting } from './sink-run.ts'
import { fillTopic } from './workload.ts'

/** The track of one vehicle is asked for so often, and the median counts. */
const asks = 5
const tableSizes = [1, 10, 50]
const slowestTrackMs = 50

export const growth: Bench = {
  name: 'growth',
  about: 'the rate of sink, and the track of a vehicle, while the table grows',
  measure: async (context) => {
    await using platform = await context.open()
    const figures: Figure[] = []
    let limit: number | undefined
    // All in one day, so that one partition and its index carry all of it.
    const day = Math.floor(Date.now() / 86_400_000) - 1
    const begin = day * 86_400_000_000
    let present = 0
    for (const [turn, size] of tableSizes.entries()) {
      const rows = size * context.records
      context.say(`${rows} rows`)
      present += await addRows(platform, {
        from: present,
        to: rows,
        begin,
        all: 50 * context.records,
      })
      const fill = {
        first: turn * context.records,
        count: context.records,
        begin: begin + 80_000_000_000,
      }
      await fillTopic(platform.config, fill, context.signal)
      const { rowsPerSecond } = await runWaiting(platform, context)
      limit ??= rowsPerSecond
      const words = `growth, ${size} × ${context.records} rows`
      const track = await trackMs(platform, begin)
      figures.push(
        {
          name: words,
          value: rowsPerSecond,
          unit: 'rows/s',
          limit,
          ...(size === 50 && { bar: '≥ 0.9 of the first', met: rowsPerSecond >= 0.9 * limit }),
        },
        {
          name: `${words}, a track`,
          value: track.ms,
          unit: 'ms',
          bar: `≤ ${slowestTrackMs} ms`,
          met: track.ms <= slowestTrackMs,
          note: `${track.rows} rows of one vehicle over a day`,
        },
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

/** Rows as the consumer would have left them, spread over 80,000 seconds of one day. */
async function addRows(
  { pool, config }: BenchPlatform,
  { from, to, begin, all }: Rows,
): Promise<number> {
  await pool.query('SELECT ensure_day($1::date)', [new Date(begin / 1000)])
  const { rowCount } = await pool.query(
    `INSERT INTO "${config.postgres.table}" (vin, recorded_at, sequence, latitude, longitude, altitude, speed, heading, make, model, received_at)
     SELECT '1AVTB2C3' || lpad((n % 500)::text, 9, '0'),
       to_timestamp($3::double precision) + n / 500 * ($4 || ' microseconds')::interval, n / 500,
       37.7, -122.4, 12.5, 13.8, 270, 'Toyota', 'RAV4', to_timestamp($3::double precision)
     FROM generate_series($1::bigint, $2::bigint - 1) AS n`,
    [from, to, begin / 1_000_000, Math.floor((80_000_000_000 * 500) / all)],
  )
  return rowCount ?? 0
}

/** Milliseconds for the track of one vehicle over the day that begins then, all rows of it here. */
async function trackMs({ pool, config }: BenchPlatform, begin: number) {
  const took: number[] = []
  let rows = 0
  for (let ask = 0; ask < asks; ask += 1) {
    const since = performance.now()
    const answer = await pool.query(
      `SELECT recorded_at, latitude, longitude, speed FROM "${config.postgres.table}"
       WHERE vin = $1 AND recorded_at >= $2 AND recorded_at < $2 + interval '1 day' ORDER BY recorded_at`,
      ['1AVTB2C3000000042', new Date(begin / 1000)],
    )
    took.push(performance.now() - since)
    rows = answer.rows.length
  }
  return { ms: median(took), rows }
}
