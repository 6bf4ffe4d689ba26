import { resolve } from 'node:path'
import { UserError } from '../../../infra/checks/user-error.ts'
import { openBucket } from '../../../services/adapters/objects/bucket-settings.ts'
import { sleep } from '../../../services/runtime/retry.ts'
import { root } from '../../platform/paths.ts'
import { findVersitygw, noVersitygw, Versitygw } from '../../platform/versitygw.ts'
import type { Fault } from '../../verify/faults/fault.ts'
import type { WorkloadPlatform } from '../platform.ts'
import type { Judgement, Progress, SendingPlan, Workload } from '../workload.ts'
import { fileFaults } from './faults.ts'
import type { JudgedRun } from './judge.ts'
import { countMoved, judge } from './judge.ts'
import { Load } from './load.ts'
import { createFolder, removeDeclarations, writeDeclarations } from './pipeline.ts'
import type { Route } from './routes.ts'
import { inboxOf, pipelineOf, routes as allRoutes } from './routes.ts'

type Run = JudgedRun & { readonly rate: number }

const pollMs = 200
/** Seconds until the workers have made the inbox. */
const startTimeoutSeconds = 120

/**
 * Drops files into the bucket. The workers load them, give them to handlers and commands, or send them as readings.
 * With `onS3` the bucket of a separate platform is on versitygw, an S3 server.
 */
export class FilesWorkload implements Workload {
  readonly unit = 'files'
  readonly usualRate = 10
  /** A file is loaded when it has not changed for a second, and then moved. */
  readonly settledWithinMs = 5_000
  readonly storedBy = 'worker'
  readonly isSentOverHttp = true
  readonly faults: readonly Fault[] = fileFaults({
    load: () => this.#activeRun.load,
    server: () => this.#server,
  })
  readonly #onS3: boolean
  #server: Versitygw | undefined
  #run: Run | undefined
  #folder: string | undefined

  constructor({ onS3 = false }: { readonly onS3?: boolean } = {}) {
    this.#onS3 = onS3
  }

  async settings(folder: string): Promise<readonly string[]> {
    createFolder(folder)
    const worker = ['worker.instances=2', 'worker.allowShell=true']
    const onServer = this.#onS3 ? await this.#startServer() : []
    return [`worker.folder=${folder}`, 'files.enabled=true', ...worker, ...onServer]
  }

  async #startServer(): Promise<readonly string[]> {
    const program = findVersitygw()
    if (program === undefined) throw new UserError(`${noVersitygw}.`)
    this.#server = await Versitygw.start(program)
    return this.#server.platformSettings()
  }

  get rate(): number {
    return this.#run?.rate ?? 0
  }

  async begin(platform: WorkloadPlatform, { rate, random }: SendingPlan): Promise<void> {
    await this.#end()
    const { folder } = platform.config.worker
    const bucket = platform.bucket()
    if (folder === '' || bucket === undefined) throw new UserError(notPrepared)
    this.#folder = resolve(root, folder)
    const routes = allRoutes.filter((route) => route !== 'command' || this.#canRun(platform))
    writeDeclarations(this.#folder, routes)
    const store = openBucket(bucket)
    await untilDeclared(platform, routes)
    await store.makeFolders(routes.map(inboxOf))
    const run = `v${Math.floor(random() * 36 ** 8).toString(36)}`
    const load = new Load({ store, run, rate, random, routes })
    this.#run = { platform, store, run, load, rate, routes, folder: this.#folder }
  }

  async progress(): Promise<Progress> {
    const { platform, run, load } = this.#activeRun
    const acknowledged = load.dropped.length
    return { acknowledged, ends: [acknowledged], settled: [await countMoved(platform.pool, run)] }
  }

  stop(timeoutSeconds: number): Promise<readonly string[]> {
    return this.#activeRun.load.stop(timeoutSeconds)
  }

  judge(): Promise<Judgement> {
    return judge(this.#activeRun)
  }

  get #activeRun(): Run {
    if (this.#run === undefined) throw new Error('call begin() first: no run has started')
    return this.#run
  }

  async #end(): Promise<void> {
    await this.#run?.load[Symbol.asyncDispose]()
    this.#run = undefined
  }

  /** The command writes into the folder of the workers, which containers can only read. */
  #canRun({ config, bucket }: WorkloadPlatform): boolean {
    const isOnThisMachine = this.#server !== undefined || bucket()?.kind === 'folder'
    return config.worker.allowShell && isOnThisMachine
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#end()
    if (this.#folder !== undefined) removeDeclarations(this.#folder)
    await this.#server?.[Symbol.asyncDispose]()
  }
}

const notPrepared =
  'The workload files needs a platform with worker.folder and files.enabled. Start it with both.'

async function untilDeclared({ pool }: WorkloadPlatform, routes: readonly Route[]): Promise<void> {
  const names = routes.map((route) => pipelineOf[route])
  const deadline = Date.now() + startTimeoutSeconds * 1_000
  while (Date.now() < deadline) {
    const found = await pool
      .query('SELECT FROM pipeline WHERE name = ANY ($1) AND declaration IS NOT NULL', [names])
      .catch(() => undefined)
    if (found?.rowCount === names.length) return
    await sleep(pollMs)
  }
  throw new Error(`No worker has declared the pipelines within ${startTimeoutSeconds} s.`)
}
