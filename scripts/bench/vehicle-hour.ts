import type { Pool } from '../../services/adapters/postgres/driver/connection.ts'
import { inTransaction } from '../../services/adapters/postgres/driver/connection.ts'
import { runSqlStep } from '../../services/adapters/postgres/windows/window-step.ts'
import { localPassword, ownerSettings } from '../platform/database.ts'
import type { Bench, BenchContext, Figure } from './bench.ts'
import { below, median, medianWithSpread } from './bench.ts'
import { checkpoint } from './checkpoint.ts'
import type { BenchPlatform } from './bench-platform.ts'
import { runProgram } from './program.ts'
import type { BareHourOrder, HourRun } from './programs/bare-hour.ts'
import type { VehicleHourOrder } from './programs/vehicle-hour.ts'
import { formatValue } from './report.ts'

const vehicles = 200
const quickVehicles = 20
const hours = 4
const [maxRatio, maxMegabytes, maxSqlRatio] = [3, 200, 1.5]

/**
 * Adds a minute of all vehicles with one reading a second, in the order of arrival. The vehicles drive
 * and stand in turns, with noise.
 */
const fill = (table: string, count: number): string => `
  INSERT INTO "${table}" (vin, recorded_at, sequence, latitude, longitude, altitude, speed, heading, make, model, metadata, received_at)
  SELECT 'BENCH-' || lpad(vehicle::text, 5, '0'), $1::timestamptz + second * interval '1 s', second + 1,
    37.77 + 0.00003 * (random() - 0.5) + 0.0001 * (second / 1200 * 600 + least(second % 1200, 600)),
    -122.42 + 0.00003 * (random() - 0.5) + vehicle * 0.01,
    12.5 + random(), CASE WHEN second % 1200 < 600 THEN 11 ELSE 0 END, second % 360, 'Toyota', 'RAV4', '{}',
    $1::timestamptz + second * interval '1 s'
  FROM generate_series($2::integer, $2::integer + 59) AS second,
    LATERAL generate_series(1, ${count} + 0 * second) AS vehicle`

const aggregate = (table: string): string => `
  SELECT vin, count(*) AS readings, min(recorded_at) AS first, max(recorded_at) AS last,
    max(speed) AS highest, avg(speed) AS mean
  FROM "${table}" WHERE recorded_at >= $1 AND recorded_at < $2
  GROUP BY vin`

export const vehicleHour: Bench = {
  name: 'vehicle-hour',
  description: 'one hour of vehicle_hour, for 200 vehicles with a reading a second',
  measure: async (context) => {
    const { isQuick, runs, printProgress, signal } = context
    await using platform = await context.open()
    const day = Math.floor(Date.now() / 86_400_000 - 1) * 86_400_000
    const begin = new Date(day + 8 * 3_600_000)
    await fillHours(platform, context, begin)
    const hour = begin.getTime() + 3_600_000
    const measured: Measured[] = []
    for (let run = 0; run < (isQuick ? 1 : 2 * runs + 1); run += 1) {
      printProgress(`run ${run + 1}`)
      measured.push(await measureRun(platform, hour, signal))
    }
    return toFigures(measured)
  },
}

async function fillHours(
  { pool, config }: BenchPlatform,
  { isQuick, printProgress, signal }: BenchContext,
  begin: Date,
): Promise<void> {
  const { table } = config.postgres
  await pool.query('SELECT ensure_day($1::date)', [begin])
  const count = isQuick ? quickVehicles : vehicles
  const statement = fill(table, count)
  for (let minute = 0; minute < hours * 60; minute += 1) {
    signal.throwIfAborted()
    await pool.query(statement, [begin, minute * 60])
  }
  await pool.query(`VACUUM (ANALYZE) "${table}"`)
  await checkpoint(pool)
  printProgress(`${formatValue(hours * 3_600 * count)} rows in ${hours} hours`)
}

type Measured = {
  readonly hour: HourRun
  readonly bare: HourRun
  readonly sqlSeconds: number
}

/** @param hour milliseconds since the Unix epoch */
async function measureRun(
  { config, folders, pool }: BenchPlatform,
  hour: number,
  signal: AbortSignal,
): Promise<Measured> {
  const { table } = config.postgres
  const bareOrder: BareHourOrder = {
    postgres: ownerSettings(config, localPassword(folders)),
    table,
    hour: hour * 1000,
  }
  const bare = await runProgram<HourRun>('bare-hour', bareOrder, signal)
  const order: VehicleHourOrder = { ...bareOrder, rules: config.dashboard.trips }
  const measured = await runProgram<HourRun>('vehicle-hour', order, signal)
  if (measured.rows === 0 || bare.rows !== measured.rows * 3_600) {
    throw new Error(`${measured.rows} rows were computed from ${bare.rows} readings`)
  }
  const since = performance.now()
  await runAggregate(pool, table, hour)
  return { bare, hour: measured, sqlSeconds: (performance.now() - since) / 1000 }
}

/** Runs it as the step `sql` of a pipeline, so that the time includes the rights and the writing of the rows. */
async function runAggregate(pool: Pool, table: string, hour: number): Promise<void> {
  const step = {
    ...{ text: aggregate(table), from: new Date(hour), to: new Date(hour + 3_600_000) },
    target: { name: 'bench_hour', key: ['vin'], onConflict: { kind: 'update' as const } },
  }
  const outcome = await inTransaction(pool, (client) => runSqlStep(client, step))
  if (outcome.kind === 'refused') throw new Error(outcome.message)
}

/** The median of the ratios decides, because the machine's speed changes from run to run. */
function toFigures(runs: readonly Measured[]): Figure[] {
  const bareSeconds = median(runs.map(({ bare }) => bare.seconds))
  const ratio = medianWithSpread(runs.map(({ hour, bare }) => hour.seconds / bare.seconds))
  const sqlRatio = medianWithSpread(runs.map(({ sqlSeconds, bare }) => sqlSeconds / bare.seconds))
  const cpu = median(runs.map(({ hour }) => hour.cpuSeconds)).toFixed(2)
  const bareCpu = median(runs.map(({ bare }) => bare.cpuSeconds)).toFixed(2)
  const rows = formatValue(runs[0]?.bare.rows ?? 0)
  return [
    {
      name: 'one hour of vehicle_hour',
      ...medianWithSpread(runs.map(({ hour }) => hour.seconds)),
      unit: 's',
      limit: bareSeconds,
      note: `${rows} rows in the hour; CPU ${cpu} s, the limit line ${bareCpu} s`,
    },
    {
      name: 'its ratio to a program that reads the rows',
      ...ratio,
      unit: '',
      bar: `at most ${maxRatio}`,
      met: ratio.value <= maxRatio,
    },
    below('its peak memory', Math.max(...runs.map(({ hour }) => hour.peakMegabytes)), {
      most: maxMegabytes,
      unit: 'MB',
    }),
    {
      name: 'an aggregate as a step in SQL, by reading the rows',
      ...sqlRatio,
      unit: '',
      bar: `at most ${maxSqlRatio}`,
      met: sqlRatio.value <= maxSqlRatio,
    },
  ]
}
