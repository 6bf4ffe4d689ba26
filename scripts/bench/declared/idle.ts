import { sleep } from '../../../services/runtime/retry.ts'
import type { Bench, BenchContext } from '../bench.ts'
import type { BenchPlatform } from '../bench-platform.ts'
import { residentMegabytes } from '../machine.ts'
import { declarationOf } from './adverts.ts'
import { until, workerName } from '../worker-run.ts'
import { withDeclarations } from './declared-run.ts'

const pipelines = 20
const maxCores = 0.03
const maxMegabytes = 150

export const workerIdle: Bench = {
  name: 'worker-idle',
  description: `CPU and memory of a worker with ${pipelines} pipelines without traffic`,
  measure: (context) => {
    const names = Array.from({ length: pipelines }, (_, number) => `idle_${number}`)
    const declarations = names.map((name) => {
      const declaration = { name, topic: name.replace('_', '-'), table: 'key = ["id"]' }
      return [name, declarationOf(declaration)] as const
    })
    return withDeclarations(Object.fromEntries(declarations), async (folder) => {
      await using platform = await context.open(`worker.folder=${folder}`)
      await platform.startServices(workerName)
      context.printProgress('waiting until all pipelines have begun')
      await until(async () => (await begunOf(platform)) === pipelines, context.signal)
      return await measure(platform, context)
    })
  },
}

/** The number of pipelines that have a ledger and whose account was checked. */
async function begunOf({ pool }: BenchPlatform): Promise<number> {
  const { rows } = await pool.query<{ begun: number }>(
    'SELECT count(DISTINCT pipeline)::int AS begun FROM partition_ledger JOIN account_check USING (pipeline)',
  )
  return rows[0]?.begun ?? 0
}

async function measure(platform: BenchPlatform, { isQuick, signal }: BenchContext) {
  // The JIT compilers work for more than a minute after the start.
  const [calmSeconds, measuredSeconds] = isQuick ? [20, 30] : [90, 60]
  await sleep(calmSeconds * 1000, signal)
  const names = [workerName, 'kafka-0', 'postgres-0'] as const
  const usage = () => names.map((name) => platform.usage(name))
  const before = usage()
  await sleep(measuredSeconds * 1000, signal)
  const after = usage()
  signal.throwIfAborted()
  const [cores = 0, kafka = 0, postgres = 0] = after.map(
    (used, index) => (used - (before[index] ?? 0)) / measuredSeconds,
  )
  const megabytes = residentMegabytes(platform.pid(workerName))
  return [
    {
      ...{ name: 'worker-idle, CPU', value: cores, unit: 'cores' },
      ...{ bar: '≤ 3 % of a core', met: cores <= maxCores },
      note: `beside it: Kafka ${kafka.toFixed(3)}, Postgres ${postgres.toFixed(3)} cores`,
    },
    {
      ...{ name: 'worker-idle, memory', value: megabytes, unit: 'MB' },
      ...{ bar: `≤ ${maxMegabytes} MB`, met: megabytes <= maxMegabytes },
      note: `peak ${Math.round(platform.peakMegabytes(workerName))} MB`,
    },
  ]
}
