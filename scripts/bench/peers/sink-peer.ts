import { databaseOwner } from '../../../infra/topology/logins/database-owner.ts'
import { sleep } from '../../../services/runtime/retry.ts'
import { numberedRecord, vehicles } from '../../workload/readings/numbered-readings.ts'
import type { BenchPlatform } from '../bench-platform.ts'
import type { SinkRun } from '../sink/sink-run.ts'
import { pollIntervalMs, resetStoredRows } from '../sink/sink-run.ts'
import { Telegraf } from './telegraf.ts'
import { peerKafka, sinkConfig } from './telegraf-config.ts'

/** Measures how long Telegraf needs for the backlog of the topic. */

const table = 'peer_reading'
const timeoutMs = 600_000

export type Backlog = {
  readonly records: number
  /** When reading 0 was recorded, in microseconds. */
  readonly begin: number
  readonly signal: AbortSignal
}

let runs = 0

/**
 * Telegraf stores the whole topic into a separate table: the same columns and key as the table of the
 * readings, but no partitions. The time starts when the first rows are stored.
 *
 * @throws UserError if Telegraf ends or does not store every reading
 */
export async function storeByTelegraf(platform: BenchPlatform, backlog: Backlog): Promise<SinkRun> {
  const { kafka, config, pool } = platform
  const { database, hostPort } = config.postgres
  await resetStoredRows(platform)
  await pool.query(
    `CREATE TABLE ${table} (LIKE "${config.postgres.table}" INCLUDING ALL);
     ALTER TABLE ${table} ALTER received_at SET DEFAULT now(); CHECKPOINT`,
  )
  const toml = sinkConfig({
    ...{ kafka: peerKafka(kafka), groupId: `bench-telegraf-${(runs += 1)}`, table },
    postgres: { host: '127.0.0.1', port: hostPort, database, user: databaseOwner },
  })
  try {
    await using telegraf = new Telegraf(platform, toml)
    return await measureRun(platform, telegraf, backlog)
  } finally {
    // Also so that Postgres does not vacuum it during the next run.
    await pool.query(`DROP TABLE ${table}`)
  }
}

/** @throws UserError if Telegraf ends or does not store every reading */
async function measureRun(
  platform: BenchPlatform,
  telegraf: Telegraf,
  { records, begin, signal }: Backlog,
): Promise<SinkRun> {
  const deadline = performance.now() + timeoutMs
  const until = async (condition: () => Promise<boolean>): Promise<void> => {
    while (!(await condition())) {
      telegraf.requireRunning()
      if (performance.now() > deadline) throw telegraf.failure('Telegraf has not stored all rows')
      await sleep(pollIntervalMs, signal)
      signal.throwIfAborted()
    }
  }
  await until(() => hasRows(platform))
  const first = await sample(platform, telegraf)
  const last = lastReadings(records, begin)
  await until(() => hasAll(platform, last))
  const end = await sample(platform, telegraf)
  if (end.rows < records)
    throw telegraf.failure(`Telegraf has stored ${end.rows} of ${records} rows`)
  return { ...runBetween(first, end), peakMegabytes: telegraf.peakMegabytes }
}

/** The state of a run at a time. */
export type Sample = {
  /** Milliseconds. */
  readonly at: number
  readonly rows: number
  /** CPU seconds since the start. */
  readonly telegraf: number
  readonly postgres: number
}

/** The rate and the cores between two samples. */
export function runBetween(first: Sample, end: Sample): Pick<SinkRun, 'rowsPerSecond' | 'cores'> {
  const seconds = (end.at - first.at) / 1000
  return {
    rowsPerSecond: (end.rows - first.rows) / seconds,
    cores: {
      consumer: (end.telegraf - first.telegraf) / seconds,
      postgres: (end.postgres - first.postgres) / seconds,
    },
  }
}

/** Counts last: at the end of a run the count takes long. */
async function sample(platform: BenchPlatform, telegraf: Telegraf): Promise<Sample> {
  const [at, postgres] = [performance.now(), platform.usage('postgres-0')]
  return { at, postgres, telegraf: telegraf.usage, rows: await countRows(platform) }
}

async function hasRows({ pool }: BenchPlatform): Promise<boolean> {
  const { rows } = await pool.query<{ has: boolean }>(`SELECT EXISTS (SELECT FROM ${table}) AS has`)
  return rows[0]?.has === true
}

async function countRows({ pool }: BenchPlatform): Promise<number> {
  const { rows } = await pool.query<{ count: number }>(
    `SELECT count(*)::integer AS count FROM ${table}`,
  )
  return rows[0]?.count ?? 0
}

type LastReading = { readonly vin: string; readonly recordedAt: string }

/** The last reading of each vehicle. */
export function lastReadings(records: number, begin: number): LastReading[] {
  return Array.from({ length: Math.min(vehicles, records) }, (_, back) => {
    const { key, value } = numberedRecord(records - 1 - back, begin)
    const { timestamp } = JSON.parse(String(value)) as { readonly timestamp: string }
    return { vin: key, recordedAt: timestamp }
  })
}

/**
 * Whether the last reading of each vehicle is stored. Telegraf keeps the order of a partition, and the readings
 * of a vehicle are in one partition, so then all are stored. Asks only until the first that is missing.
 */
async function hasAll({ pool }: BenchPlatform, last: readonly LastReading[]): Promise<boolean> {
  const { rows } = await pool.query(
    `SELECT FROM unnest($1::text[], $2::timestamptz[]) AS wanted (vin, recorded_at)
     WHERE NOT EXISTS (
       SELECT FROM ${table} AS stored
       WHERE stored.vin = wanted.vin AND stored.recorded_at = wanted.recorded_at
     ) LIMIT 1`,
    [last.map(({ vin }) => vin), last.map(({ recordedAt }) => recordedAt)],
  )
  return rows.length === 0
}
