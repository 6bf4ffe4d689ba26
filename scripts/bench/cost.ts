import { join } from 'node:path'
import { sleep } from '../../services/runtime/retry.ts'
import type { Bench, BenchContext, Figure } from './bench.ts'
import { medianWithSpread } from './bench.ts'
import { checkpoint } from './checkpoint.ts'
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

/** `bar`: the most core-seconds for a million readings. */
const shapes = [
  { label: 'single', connections: 64, form: 'single', size: 1, rate: 3_000, bar: 300 },
  {
    label: 'arrays of 100',
    connections: 16,
    form: 'array',
    size: 100,
    rate: 10_000,
    bar: undefined,
  },
] as const

export const cost: Bench = {
  name: 'cost',
  description: 'CPU and disk for a million readings',
  measure: (context) =>
    withFullPlatform(context, async (platform) => {
      // Otherwise the compilers of Node and Java, which run once, count for every reading.
      context.printProgress('warming up')
      const { connections, form, size, rate } = shapes[0]
      const warmUp = { connections, form, size, rate, seconds: context.isQuick ? 2 : 20 }
      await postAtRate(platform, context, warmUp)
      const figures: Figure[] = []
      for (const shape of shapes) {
        context.printProgress(`${shape.label}, ${shape.rate} readings per second`)
        const runs: Cost[] = []
        while (runs.length < context.runs) runs.push(await costOf(shape, platform, context))
        figures.push(...toFigures(shape, runs))
      }
      return figures
    }),
}

type Shape = (typeof shapes)[number]

type Part = { readonly name: string; readonly value: number }

/** What a million readings take. */
type Cost = {
  /** Core-seconds, by service. */
  readonly cores: readonly Part[]
  /** Megabytes on disk. */
  readonly disk: readonly Part[]
}

async function costOf(
  { connections, form, size, rate }: Shape,
  platform: BenchPlatform,
  context: BenchContext,
): Promise<Cost> {
  await checkpoint(platform.pool)
  const before = await resourceUseOf(platform)
  const seconds = context.isQuick ? 3 : 30
  await postAtRate(platform, context, { connections, form, size, rate, seconds })
  await sleep(settleMs, context.signal)
  await checkpoint(platform.pool)
  const after = await resourceUseOf(platform)
  const readings = after.readings - before.readings
  const perMillion = (now: number, then: number): number => ((now - then) * million) / readings
  return {
    cores: Object.entries(after.cpu).map(([name, cpu]) => ({
      name,
      value: perMillion(cpu, before.cpu[name] ?? 0),
    })),
    disk: (['kafka', 'table', 'index', 'wal'] as const).map((name) => ({
      name,
      value: perMillion(after.bytes[name], before.bytes[name]) / million,
    })),
  }
}

function toFigures({ label, bar }: Shape, runs: readonly Cost[]): Figure[] {
  const cpu = medianOf(runs.map(({ cores }) => cores))
  return [
    {
      name: `cost, ${label}, CPU`,
      ...cpu,
      ...(bar !== undefined && { bar: `≤ ${bar}`, met: cpu.value <= bar }),
      unit: 'core-seconds/M',
    },
    { name: `cost, ${label}, disk`, ...medianOf(runs.map(({ disk }) => disk)), unit: 'MB/M' },
  ]
}

/** The median of the sums, and as a note the parts of the run that has it. */
function medianOf(runs: readonly (readonly Part[])[]): Pick<Figure, 'value' | 'spread' | 'note'> {
  const total = (parts: readonly Part[]): number => sum(parts.map(({ value }) => value))
  const middle = medianWithSpread(runs.map(total))
  const parts = runs.find((run) => total(run) === middle.value) ?? []
  const note = parts.map(({ name, value }) => `${name} ${value.toPrecision(3)}`).join(', ')
  return { ...middle, note }
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
