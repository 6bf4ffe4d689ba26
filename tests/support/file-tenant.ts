import { randomUUID } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { bucketFolder } from '../../infra/local/placement.ts'
import { bundleOf } from '../../infra/bundle/bundles.ts'
import type { BucketSettings } from '../../services/adapters/objects/bucket-settings.ts'
import type { Running } from '../../services/runtime/lifecycle.ts'
import { readConfig } from '../../services/worker/config.ts'
import { createWorkerStart } from '../../services/worker/service.ts'
import { captureLog } from './captured-log.ts'
import { writeDeclaration } from './declared.ts'
import { envOf, sharedServers } from './servers.ts'
import { ServiceProcess } from './service-process.ts'
import { TemporaryFolder } from './temporary-folder.ts'
import { Tenant } from './tenant.ts'
import { until } from './until.ts'

export type FileRow = {
  readonly id: number
  readonly key: string
  readonly pipeline: string | null
  readonly task: number | null
  readonly lines: number | null
  readonly rejected: number | null
  readonly detail: string | null
  readonly target_key: string | null
  readonly archived_at: Date | null
  readonly state: string | null
  readonly code: string | null
  readonly task_detail: string | null
  readonly rows: number | null
}

/** A tenant with a separate bucket, whose files its workers load. */
export class FileTenant implements AsyncDisposable {
  readonly tenant: Tenant
  readonly log = captureLog()
  readonly #folder: TemporaryFolder
  readonly #stop = new AbortController()
  readonly #workers: Running[] = []
  readonly #processes: ServiceProcess[] = []

  readonly #settings: BucketSettings

  private constructor(tenant: Tenant, folder: TemporaryFolder, settings?: BucketSettings) {
    this.tenant = tenant
    this.#folder = folder
    this.#settings = settings ?? { kind: 'folder', folder: this.bucket }
  }

  /** @param bucket by default a new folder */
  static async create(bucket?: BucketSettings, more: readonly string[] = []): Promise<FileTenant> {
    const folder = new TemporaryFolder()
    const ownBucket = `objects.bucket=etl-${randomUUID()}`
    const settings = [`worker.folder=${folder.path}`, 'files.enabled=true', ownBucket, ...more]
    const files = new FileTenant(
      await Tenant.create(await sharedServers(), settings),
      folder,
      bucket,
    )
    mkdirSync(join(folder.path, 'pipelines'), { recursive: true })
    mkdirSync(files.bucket, { recursive: true })
    return files
  }

  /** The folder of the pipelines and handlers. */
  get folder(): string {
    return this.#folder.path
  }

  get bucket(): string {
    return bucketFolder(this.tenant.deployment.folders, this.tenant.config.objects.bucket)
  }

  declare(name: string, text: string): void {
    writeDeclaration(this.#folder.path, name, text)
  }

  /** Starts a worker in this process. @param env further variables */
  async startWorker(env: Readonly<Record<string, string>> = {}): Promise<Running> {
    const config = readConfig({ ...envOf(this.tenant.deployment, 'worker-0'), ...env })
    const start = createWorkerStart({ withShipped: false, intervalMs: 200 })
    const operations = { host: '127.0.0.1', port: 0 }
    const changed = { ...config, operations, bucket: this.#settings }
    const running = await start(changed, this.log.logger, this.#stop.signal)
    this.#workers.push(running)
    return running
  }

  async startDashboard(): Promise<void> {
    await this.tenant.startDashboard()
  }

  /** Starts a worker in a child process. */
  spawnWorker(port: number): ServiceProcess {
    const { folders } = this.tenant.deployment
    const env = { ...envOf(this.tenant.deployment, 'worker-0'), FILES_FOLDER: this.bucket }
    const bundle = bundleOf('worker', folders.bundles)
    const process = new ServiceProcess('worker', bundle, { ...env, OPS_PORT: String(port) })
    this.#processes.push(process)
    return process
  }

  /** Puts a complete file into a folder of the bucket. */
  drop(name: string, content: string | Buffer, folder = '01_inbox'): void {
    const path = join(this.bucket, folder)
    mkdirSync(path, { recursive: true })
    const part = join(this.bucket, `.part-${Math.random()}`)
    writeFileSync(part, content)
    renameSync(part, join(path, name))
  }

  /** The names in a folder of the bucket. */
  names(folder: string): string[] {
    try {
      return readdirSync(join(this.bucket, folder)).sort()
    } catch {
      return []
    }
  }

  read(key: string): string {
    return readFileSync(join(this.bucket, key), 'utf8')
  }

  /** The known files, in the order in which they were found. */
  files(): Promise<FileRow[]> {
    return this.tenant.sql<FileRow>(`
      SELECT file.id::int, key, file.pipeline, task::int, lines::int, rejected::int, file.detail, target_key,
        archived_at, state, code, task.detail AS task_detail, task.rows::int
      FROM file LEFT JOIN task ON task.id = file.task ORDER BY file.id`)
  }

  /** Waits until this many files were moved out of the inbox. */
  async untilMoved(count: number, timeoutSeconds = 60): Promise<FileRow[]> {
    const moved = async (): Promise<FileRow[] | undefined> => {
      const files = await this.files()
      return files.filter((file) => file.archived_at !== null).length >= count ? files : undefined
    }
    return until(`${count} files are moved`, moved, timeoutSeconds)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const worker of this.#workers) await worker[Symbol.asyncDispose]()
    for (const process of this.#processes) await process[Symbol.asyncDispose]()
    this.#stop.abort()
    await this.tenant[Symbol.asyncDispose]()
    rmSync(this.bucket, { recursive: true, force: true })
    this.#folder[Symbol.dispose]()
  }
}

/** The declaration of a pipeline that loads orders. */
export const orders = (
  map = 'format = "csv"',
  to = 'key = ["id"]',
  files = '',
): string => `name = "orders"
[from.files]
match = ["*.csv"]
${files}
[map]
${map}
columns = [
  { name = "id", type = "integer" },
  { name = "name", type = "text" },
  { name = "price", type = "numeric(12,3)", default = 0 },
]
[to.table]
name = "orders"
${to}
`

/** A declaration in the form of Cast Iron, which loads files of tab-separated values. */
export const castiron = `[castiron.etl]
enabled = true
handled_file_glob = "_test.tsv"
inbox_dir = "01_inbox"
processing_dir = "02_processing"
archive_dir = "03_archive"
error_dir = "04_failed"
[map]
format = "tsv"
columns = [ { name = "id", type = "integer" }, { name = "name", type = "text" } ]
[to.table]
name = "castiron"
key = ["id"]
`
