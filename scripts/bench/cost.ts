import { join } from 'node:path'
import { sleep } from '../../services/runtime/retry.ts'
import type { Bench, Figure } from './bench.ts'
import type { BenchPlatform } from './bench-platform.ts'
import { bytesBelow } from './machine.ts'
import { endsOf, sum } from './sink/sink-run.ts'
import { withFullPlatform, postAtRate } from './full-platform.ts'

const million = 1_000_000
/** Milliseconds to wait until the last readings are stored. */
const settleMs = 2_000

/** The resources used so far. */
type ResourceUse = {
  readonly readings: number
  /** CPU seconds, by service. */
  readonly cpu: Readonly<Record<string, number>>
  readonly bytes: {
    readonly kafka: number
    readonly table: number
    readonly index: number
    readonly wal: number
  }
}

const shapes = [
  { label: 'single', connections: 64, form: 'single', size: 1, rate: 3_000 },
  { label: 'arrays of 100', connections: 16, form: 'array', size: 100, rate: 10_000 },
] as const

export const cost: Bench = {
  name: 'cost',
  description: 'CPU and disk for a million readings',
  measure: (context) =>
    withFullPlatform(context, async (platform) => {
      const figures: Figure[] = []
      for (const { label, ...pace } of shapes) {
        context.printProgress(`${label}, ${pace.rate} readings per second`)
        await platform.pool.query('CHECKPOINT')
        const before = await resourceUseOf(platform)
        await postAtRate(platform, context, { ...pace, seconds: context.isQuick ? 3 : 30 })
        await sleep(settleMs, context.signal)
        await platform.pool.query('CHECKPOINT')
        figures.push(...toFigures(label, before, await resourceUseOf(platform)))
      }
      return figures
    }),
}

function toFigures(label: string, before: ResourceUse, after: ResourceUse): Figure[] {
  const readings = after.readings - before.readings
  const perMillion = (now: number, then: number): number => ((now - then) * million) / readings
  const cores = Object.entries(after.cpu).map(([name, cpu]) => ({
    name,
    value: perMillion(cpu, before.cpu[name] ?? 0),
  }))
  const bytes = (['kafka', 'table', 'index', 'wal'] as const).map((name) => ({
    name,
    value: perMillion(after.bytes[name], before.bytes[name]) / million,
  }))
  const describeParts = (parts: readonly { name: string; value: number }[]): string =>
    parts.map(({ name, value }) => `${name} ${value.toPrecision(3)}`).join(', ')
  return [
    {
      name: `cost, ${label}, CPU`,
      value: sum(cores.map(({ value }) => value)),
      unit: 'core-seconds/M',
      note: describeParts(cores),
    },
    {
      name: `cost, ${label}, disk`,
      value: sum(bytes.map(({ value }) => value)),
      unit: 'MB/M',
      note: describeParts(bytes),
    },
  ]
}

async function resourceUseOf(platform: BenchPlatform): Promise<ResourceUse> {
  const { pool, config, folders } = platform
  const { rows } = await pool.query<{ table: number; index: number; wal: number }>(
    `SELECT sum(pg_table_size(relid))::bigint AS table, sum(pg_indexes_size(relid))::bigint AS index,
       (pg_current_wal_lsn() - '0/0')::bigint AS wal
     FROM pg_partition_tree($1)`,
    [config.postgres.table],
  )
  const { table = 0, index = 0, wal = 0 } = rows[0] ?? {}
  const topic = join(folders.data, 'kafka-0', 'data')
  const cpu = platform.everything.map((name) => [name, platform.usage(name)] as const)
  return {
    readings: sum(await endsOf(platform)),
    cpu: Object.fromEntries(cpu),
    bytes: { kafka: logBytes(topic, config.kafka.topic), table, index, wal },
  }
}

/** Bytes of the records. Index files are not counted, because Kafka creates them at full size. */
function logBytes(folder: string, topic: string): number {
  return bytesBelow(folder, (path) => path.includes(`/${topic}-`) && path.endsWith('.log'))
}
