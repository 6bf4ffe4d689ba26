import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { toConnection } from '../../../services/adapters/kafka/connection/kafkajs-options.ts'
import { PostgresLedgerStore } from '../../../services/adapters/postgres/ledger/ledger-store.ts'
import { localPassword, ownerSettings } from '../../platform/database.ts'
import type { BenchContext, Figure } from '../bench.ts'
import { median, medianWithSpread } from '../bench.ts'
import type { BenchPlatform } from '../bench-platform.ts'
import { runProgram } from '../program.ts'
import type { BareResult } from '../programs/bare-consumer.ts'
import type { BareTableOrder } from '../programs/bare-table.ts'
import type { WorkerRun } from '../worker-run.ts'
import { runWorkers, workerName } from '../worker-run.ts'
import { adverts } from './adverts.ts'

/** Measures how fast the worker stores a backlog, beside a minimal program. */

/** A temporary folder of a worker with these declarations, by name. */
export async function withDeclarations<T>(
  declarations: Readonly<Record<string, string>>,
  work: (folder: string) => Promise<T>,
): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'av-telemetry-bench-'))
  chmodSync(folder, 0o755)
  const subfolder = join(folder, 'pipelines')
  mkdirSync(subfolder)
  for (const [name, text] of Object.entries(declarations))
    writeFileSync(join(subfolder, `${name}.toml`), text)
  try {
    return await work(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The number of settled offsets of the pipeline. */
async function settledOf({ pool }: Pick<BenchPlatform, 'pool'>): Promise<number> {
  const ledgers = await new PostgresLedgerStore(pool, adverts.pipeline).ledgers()
  return ledgers.reduce((sum, { startOffset, nextOffset }) => sum + nextOffset - startOffset, 0)
}

/** The worker stores `count` records that wait. The time starts when the first ones are stored. */
export async function storeWaiting(
  platform: BenchPlatform,
  count: number,
  signal: AbortSignal,
): Promise<WorkerRun> {
  const waiting = { workers: [workerName], count, skipped: 1, countDone: () => settledOf(platform) }
  return runWorkers(platform, waiting, signal)
}

type BareRun = Pick<BareTableOrder, 'topic' | 'records' | 'batchRecords' | 'isUpsert'>

let bareRuns = 0

/** The minimal program stores the records of a topic in the same table. */
export async function runBareTable(
  { config, folders, kafka }: BenchPlatform,
  run: BareRun,
  signal: AbortSignal,
): Promise<BareResult> {
  const order: BareTableOrder = {
    ...run,
    connection: toConnection(kafka),
    groupId: `bench-bare-table-${(bareRuns += 1)}`,
    relation: adverts.relation,
    postgres: ownerSettings(config, localPassword(folders)),
  }
  return runProgram('bare-table', order, signal)
}

/** A run of the worker and one of the minimal program, one after the other. */
export type Pair = { readonly declared: WorkerRun; readonly bare: BareResult }

type Runs = {
  readonly declared: () => Promise<WorkerRun>
  readonly bare: () => Promise<BareResult>
}

/**
 * Runs the worker and the minimal program in turns. Each is the first one in every second pair. Prints
 * the ratio of each pair, and the median so far.
 */
export async function measurePairs(
  { printProgress }: Pick<BenchContext, 'printProgress'>,
  pairs: number,
  { declared, bare }: Runs,
): Promise<Pair[]> {
  const done: Pair[] = []
  while (done.length < pairs) {
    printProgress(`pair ${done.length + 1} of ${pairs}`)
    if (done.length % 2 === 0) {
      const limit = await bare()
      done.push({ bare: limit, declared: await declared() })
    } else {
      const measured = await declared()
      done.push({ declared: measured, bare: await bare() })
    }
    const ratios = done.map(ratioOf)
    printProgress(`ratio ${ratios.at(-1)?.toFixed(3)}, median so far ${median(ratios).toFixed(3)}`)
  }
  return done
}

const limitOf = ({ bare }: Pair): number => bare.rows / bare.seconds
const ratioOf = (pair: Pair): number => pair.declared.unitsPerSecond / limitOf(pair)

/** The median of the ratios decides, because the machine's speed changes from pair to pair. */
export function toFigures(name: string, leastRatio: number, pairs: readonly Pair[]): Figure[] {
  const ratio = medianWithSpread(pairs.map(ratioOf))
  const rate = medianWithSpread(pairs.map(({ declared }) => declared.unitsPerSecond))
  const coresOf = (part: 'worker' | 'postgres'): string =>
    median(pairs.map(({ declared }) => declared.cores[part])).toFixed(2)
  const bareCores = median(pairs.map(({ bare }) => bare.cpuSeconds / bare.seconds)).toFixed(2)
  const peak = Math.max(...pairs.map(({ declared }) => declared.peakMegabytes))
  const note = `cores: worker ${coresOf('worker')}, Postgres ${coresOf('postgres')}; bare line ${bareCores}; ${Math.round(peak)} MB`
  return [
    { name, ...rate, unit: 'rows/s', limit: median(pairs.map(limitOf)), note },
    {
      name: `${name}, ratio`,
      ...ratio,
      unit: 'of the bare line',
      bar: `≥ ${leastRatio}`,
      met: ratio.value >= leastRatio,
    },
  ]
}
