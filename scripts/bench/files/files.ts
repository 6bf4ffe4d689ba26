import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, mkdtempSync, renameSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { UserError } from '../../../infra/checks/user-error.ts'
import { bucketFolder } from '../../../infra/local/placement.ts'
import { connectionString, givenPassword, localPassword } from '../../platform/database.ts'
import { makePath } from '../../../services/runtime/process/make-path.mjs'
import type { Bench, BenchContext, Figure } from '../bench.ts'
import { below, median, medianWithSpread } from '../bench.ts'
import { checkpoint } from '../checkpoint.ts'
import type { BenchPlatform } from '../bench-platform.ts'
import { withDeclarations } from '../declared/declared-run.ts'
import { until, workerName } from '../worker-run.ts'
import { orderColumns, ordersPipeline, writeOrders } from './orders-file.ts'

const megabyte = 1_000_000
const [quickMegabytes, fullMegabytes] = [100, 1_000]
const maxMegabytes = 200

/** The pipelines that load the same file, and the least ratio of their rates to that of `psql \copy`. */
const ways = [
  { name: 'orders_sent', title: 'files, lines sent as they are', least: 0.9 },
  { name: 'orders_decoded', title: 'files, lines decoded', least: 0.5 },
] as const
type Way = (typeof ways)[number]

/** Megabytes a second of both loads of a pair. */
type Pair = { readonly copy: number; readonly load: number }

export const files: Bench = {
  name: 'files',
  description: 'rate of loading a CSV file, beside \\copy of psql',
  measure: (context) => {
    const declarations = ways.map(({ name }, index) => [name, ordersPipeline(name, index === 1)])
    return withDeclarations(Object.fromEntries(declarations) as Record<string, string>, (folder) =>
      measureIn(folder, context),
    )
  },
}

async function measureIn(folder: string, context: BenchContext): Promise<Figure[]> {
  const { isQuick, runs, pairs: count = runs, printProgress, signal } = context
  await using platform = await context.open(`worker.folder=${folder}`, 'files.enabled=true')
  await platform.startServices(workerName)
  const tables = ways.map(({ name }) => `data.${name}`)
  await until(async () => (await existing(platform, tables)) === tables.length, signal)
  const scratch = mkdtempSync(join(tmpdir(), 'av-telemetry-bench-files-'))
  try {
    const file = join(scratch, 'orders.csv')
    const megabytes = isQuick ? quickMegabytes : fullMegabytes
    printProgress(`writing a file of ${megabytes} MB`)
    const lines = await writeOrders(file, megabytes * megabyte)
    const run = new FilesRun(platform, { file, lines, signal })
    const figures: Figure[] = []
    for (const way of ways) figures.push(...(await measureWay(way, { run, count, printProgress })))
    const peak = platform.peakMegabytes(workerName)
    figures.push(
      below('files, peak memory of the worker', peak, { most: maxMegabytes, unit: 'MB' }),
    )
    return figures
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

async function existing({ pool }: BenchPlatform, tables: readonly string[]): Promise<number> {
  const { rows } = await pool.query<{ count: number }>(
    'SELECT count(to_regclass(name))::int AS count FROM unnest($1::text[]) AS name',
    [tables],
  )
  return rows[0]?.count ?? 0
}

type WayOptions = Pick<BenchContext, 'printProgress'> & {
  readonly run: FilesRun
  readonly count: number
}

/** The two loads take turns at being the first of a pair. */
async function measureWay(
  { name, title, least }: Way,
  { run, count, printProgress }: WayOptions,
): Promise<Figure[]> {
  const pairs: Pair[] = []
  while (pairs.length < count) {
    if (pairs.length % 2 === 0) {
      const copy = await run.copy(name)
      pairs.push({ copy, load: await run.load(name) })
    } else {
      const load = await run.load(name)
      pairs.push({ load, copy: await run.copy(name) })
    }
    const ratio = median(pairs.map(ratioOf))
    printProgress(`${title}, pair ${pairs.length} of ${count}: median ratio ${ratio.toFixed(3)}`)
  }
  const ratio = medianWithSpread(pairs.map(ratioOf))
  const limit = median(pairs.map(({ copy }) => copy))
  return [
    { name: title, ...medianWithSpread(pairs.map(({ load }) => load)), unit: 'MB/s', limit },
    {
      ...{ name: `${title}, ratio`, ...ratio, unit: 'of \\copy' },
      ...{ bar: `≥ ${least}`, met: ratio.value >= least },
    },
  ]
}

const ratioOf = ({ copy, load }: Pair): number => load / copy

type RunOptions = { readonly file: string; readonly lines: number; readonly signal: AbortSignal }

/** Loads a file into the table of a pipeline: with psql, or with the worker. */
class FilesRun {
  readonly #platform: BenchPlatform
  readonly #options: RunOptions
  readonly #megabytes: number

  constructor(platform: BenchPlatform, options: RunOptions) {
    this.#platform = platform
    this.#options = options
    this.#megabytes = statSync(options.file).size / megabyte
  }

  /** @returns MB/s */
  async copy(table: string): Promise<number> {
    const { config, folders } = this.#platform
    await this.#empty(table)
    const options = 'format csv, header true'
    const command = `\\copy data.${table} (${orderColumns.join(', ')}) from '${this.#options.file}' (${options})`
    const address = connectionString(config)
    const password = (await givenPassword(config)) ?? localPassword(folders)
    const begin = performance.now()
    const psql = spawn(
      'psql',
      ['-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', address, '-c', command],
      {
        stdio: ['ignore', 'ignore', 'inherit'],
        env: { ...process.env, PGPASSWORD: password },
      },
    )
    const [code] = (await once(psql, 'close').catch((error: unknown) => {
      throw new UserError(`psql cannot be started: ${String(error)}. Install a client of Postgres.`)
    })) as [number]
    if (code !== 0) throw new UserError('\\copy of psql has failed.')
    return this.#rate((performance.now() - begin) / 1000)
  }

  /** @returns MB/s, from the time when the worker takes the file to the commit */
  async load(pipeline: string): Promise<number> {
    const { pool, config, folders } = this.#platform
    await this.#empty(pipeline)
    await pool.query('DELETE FROM file; DELETE FROM task')
    const bucket = bucketFolder(folders, config.objects.bucket)
    makePath(join(bucket, '01_inbox'))
    copyFileSync(this.#options.file, join(bucket, '.part'))
    renameSync(join(bucket, '.part'), join(bucket, '01_inbox', `${pipeline}.csv`))
    let seconds: number | undefined
    await until(async () => {
      seconds = await this.#secondsOfTask(pipeline)
      return seconds !== undefined
    }, this.#options.signal)
    await until(() => this.#isArchived(), this.#options.signal)
    rmSync(join(bucket, '03_archive'), { recursive: true, force: true })
    return this.#rate(seconds ?? NaN)
  }

  async #empty(table: string): Promise<void> {
    await this.#platform.pool.query(`TRUNCATE data.${table}`)
    await checkpoint(this.#platform.pool)
  }

  /** Seconds from the start of the task to now, once it is complete. */
  async #secondsOfTask(pipeline: string): Promise<number | undefined> {
    const { rows } = await this.#platform.pool.query<TaskOfFile>(
      `SELECT state, rows::int, detail, extract(epoch FROM clock_timestamp() - started_at)::float8 AS seconds
       FROM task WHERE pipeline = $1 AND state IN ('complete', 'failed')`,
      [pipeline],
    )
    const [task] = rows
    if (task === undefined) return undefined
    if (task.state === 'failed' || task.rows !== this.#options.lines)
      throw new UserError(`The worker has not loaded all lines: ${JSON.stringify(task)}`)
    return task.seconds
  }

  async #isArchived(): Promise<boolean> {
    const { rows } = await this.#platform.pool.query('SELECT FROM file WHERE archived_at IS NULL')
    return rows.length === 0
  }

  #rate(seconds: number): number {
    return this.#megabytes / seconds
  }
}

type TaskOfFile = {
  readonly state: 'complete' | 'failed'
  readonly rows: number
  readonly detail: string | null
  readonly seconds: number
}
