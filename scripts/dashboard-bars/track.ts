import type { Figure } from '../bench/bench.ts'
import type { Bar, BarContext } from './bar.ts'
import { below, quantile } from './bar.ts'

const [vehicles, seconds] = [232, 86_400]
/** Vehicles that are asked for, each once: an answer that somebody has had before is no question. */
const asks = 15
const mostMs = 200

/** Milliseconds after which the day must have been vacuumed by itself. */
const longestVacuumMs = 600_000

/**
 * A day of all vehicles at one reading a second, in the order in which they would have come: each
 * reading of a vehicle is on another page than the one before.
 */
const fill = (table: string): string => `
  INSERT INTO "${table}" (vin, recorded_at, sequence, latitude, longitude, altitude, speed, heading, make, model, metadata, received_at)
  SELECT 'BAR-' || lpad(vehicle::text, 5, '0'), $1::timestamptz + second * interval '1 s', second + 1,
    37.77 + 0.05 * sin(second / 700.0 + vehicle) + 0.000008 * (random() - 0.5),
    -122.42 + 0.07 * cos(second / 900.0 + vehicle * 2) + 0.000008 * (random() - 0.5),
    12.5 + random(), 15 * abs(sin(second / 60.0)), second % 360, 'Toyota', 'RAV4', '{}',
    $1::timestamptz + second * interval '1 s'
  FROM generate_series($2::integer, $3::integer) AS second,
    LATERAL generate_series(1, ${vehicles} + 0 * second) AS vehicle`

export const track: Bar = {
  name: 'track',
  about: `one vehicle's day among ${((vehicles * seconds) / 1e6).toFixed(0)} million rows`,
  measure: async (context) => {
    const day = new Date(Math.floor(Date.now() / 86_400_000 - 1) * 86_400_000)
    await fillDay(context, day)
    const span = `from=${day.toISOString()}&to=${new Date(day.getTime() + 86_400_000).toISOString()}`
    const of = (vehicle: number) => `/api/vehicles/BAR-${String(vehicle).padStart(5, '0')}`
    const figures: Figure[] = []
    for (const [name, path, first] of [
      ['a track over a day', (vehicle: number) => `${of(vehicle)}/track?${span}`, 20],
      ['trips and stops of a day', (vehicle: number) => `${of(vehicle)}/trips?${span}`, 60],
      [
        'a track over a day as CSV',
        (vehicle: number) => `${of(vehicle)}/track?${span}&format=csv`,
        100,
      ],
    ] as const) {
      figures.push(...(await ask(context, name, (turn) => path(first + turn))))
    }
    return figures
  },
}

async function fillDay({ platform, say }: BarContext, day: Date): Promise<void> {
  const { pool, config } = platform
  const { table } = config.postgres
  await pool.query('SELECT ensure_day($1::date)', [day])
  const [pieces, statement] = [24, fill(table)]
  for (let piece = 0; piece < pieces; piece += 1) {
    const from = (piece * seconds) / pieces
    await pool.query(statement, [day, from, from + seconds / pieces - 1])
    say(`${Math.round(((piece + 1) * seconds * vehicles) / pieces / 1e5) / 10} million rows`)
  }
  say('waiting until the database has vacuumed the day by itself')
  const deadline = performance.now() + longestVacuumMs
  while (!(await isVacuumed(platform, day)) && performance.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 1_000))
  }
}

/** Whether at most a twentieth of the day's pages is not known to be visible to all. */
async function isVacuumed({ pool, config }: BarContext['platform'], day: Date): Promise<boolean> {
  const child = `${config.postgres.table}_${day.toISOString().slice(0, 10).replaceAll('-', '')}`
  const { rows } = await pool.query<{ is_vacuumed: boolean }>(
    'SELECT relpages > 0 AND relallvisible >= 0.95 * pg_relation_size(oid) / 8192 AS is_vacuumed FROM pg_class WHERE relname = $1',
    [child],
  )
  return rows[0]?.is_vacuumed ?? false
}

async function ask(
  { platform, say }: BarContext,
  name: string,
  pathOf: (turn: number) => string,
): Promise<Figure[]> {
  const took: number[] = []
  for (let turn = 0; turn <= asks; turn += 1) {
    const since = performance.now()
    const response = await fetch(`${platform.dashboardUrl}${pathOf(turn)}`)
    const bytes = await response.arrayBuffer()
    if (response.status !== 200) throw new Error(`answered ${response.status}`)
    // The first makes the connection.
    if (turn > 0) took.push(performance.now() - since)
    say(`${name}: ${(performance.now() - since).toFixed(0)} ms, ${bytes.byteLength} bytes`)
  }
  const [middle, worst] = [quantile(took, 0.5), quantile(took, 1)]
  const note = `median of ${asks} vehicles; longest ${worst.toFixed(0)} ms`
  if (name.endsWith('day')) return [below(name, middle, { most: mostMs, unit: 'ms', note })]
  return [{ name, value: middle, unit: 'ms', note }]
}
