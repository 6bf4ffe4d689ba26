import { tmpdir } from 'node:os'
import type { AttemptOutcome } from '../../ledger/tasks/task.ts'
import type { Logger } from '../../runtime/logger.ts'
import { errorFields } from '../../runtime/logger.ts'
import { WorkFolder } from '../../runtime/process/work-folder.ts'
import { Resources } from '../../runtime/resources.ts'
import { readHandlerEnvironment } from './config.ts'
import { HandlerFiles } from './loading/handler-files.ts'
import { findProgram } from './loading/handler-program.ts'
import { storeRows } from './native/store-rows.ts'
import type { PoolOptions } from './running/handler-pool.ts'
import { HandlerPool } from './running/handler-pool.ts'
import type { CallableTask, CallOptions } from './running/pool-call.ts'

export type HandlersOptions = Pick<
  PoolOptions,
  | 'size'
  | 'memoryLimitMb'
  | 'isDebuggable'
  | 'query'
  | 'settings'
  | 'events'
  | 'logger'
  | 'killAfterMs'
  | 'maxResultBytes'
> & {
  /** Folders with files of handlers, e.g. the shipped one and the user's. A missing folder has none. */
  readonly folders: readonly string[]
  /** Names of steps that the worker does itself. No file may use them for a handler. */
  readonly reservedNames?: readonly string[]
  /** For bundles and large results; by default the folder for temporary files. */
  readonly temporaryFolder?: string
}

/** Handlers that are part of the worker. */
const native = new Map([['store_rows', storeRows]])

/** The handlers of a worker: loads their files, and runs their calls. */
export class Handlers implements AsyncDisposable {
  readonly #folders: readonly string[]
  readonly #files: HandlerFiles
  readonly #pool: HandlerPool
  readonly #resources: Resources
  readonly #logger: Logger
  #faults: ReadonlyMap<string, string> = new Map()
  #bundles: ReadonlyMap<string, string> | undefined
  #refreshing: Promise<void> | undefined
  #isClosed = false

  private constructor(parts: {
    readonly folders: readonly string[]
    readonly files: HandlerFiles
    readonly pool: HandlerPool
    readonly resources: Resources
    readonly logger: Logger
  }) {
    this.#folders = parts.folders
    this.#files = parts.files
    this.#pool = parts.pool
    this.#resources = parts.resources
    this.#logger = parts.logger
  }

  /** Loads the files. Resolves when their handlers can be called. */
  static async start(options: HandlersOptions): Promise<Handlers> {
    await using resources = new Resources()
    const { path } = resources.use(
      new WorkFolder(options.temporaryFolder ?? tmpdir(), 'av-telemetry-handlers'),
    )
    const program = await findProgram(path)
    const { memoryLimitMb, logger } = options
    const child = { program, memoryLimitMb, environment: readHandlerEnvironment() }
    const pool = resources.use(new HandlerPool({ ...options, ...child, folder: path, native }))
    const { folders } = options
    const files = new HandlerFiles({
      ...{ folders, target: path, process: child },
      reserved: [...native.keys(), ...(options.reservedNames ?? [])],
    })
    const handlers = new Handlers({
      ...{ folders, files, pool, logger },
      resources: resources.move(),
    })
    await handlers.refresh()
    return handlers
  }

  /** Names of the handlers, sorted. */
  get names(): string[] {
    return this.#pool.names
  }

  /** Sentences with file and line, by file. */
  get faults(): ReadonlyMap<string, string> {
    return this.#faults
  }

  get pids(): number[] {
    return this.#pool.pids
  }

  /**
   * Runs one attempt of a task. It always resolves. The file of an unknown handler may have been added together with
   * the message or the file of the task, so the files are read once more before the task fails.
   */
  async run(task: CallableTask, options: CallOptions): Promise<AttemptOutcome> {
    if (options.shell === undefined && !this.#pool.has(task.method)) {
      // It may have read the folders before the file was added.
      await this.#refreshing
      await this.refresh()
    }
    return this.#pool.run(task, options)
  }

  /** Loads the files that have changed. A file with a fault leaves its version before in effect. */
  async refresh(): Promise<void> {
    if (this.#isClosed) return
    this.#refreshing ??= this.#refresh().finally(() => {
      this.#refreshing = undefined
    })
    await this.#refreshing
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true
    await this.#refreshing?.catch(() => undefined)
    await this.#resources[Symbol.asyncDispose]()
  }

  async #refresh(): Promise<void> {
    try {
      const loaded = await this.#files.read()
      if (loaded === undefined) return
      this.#report(loaded.faults)
      if (isEqual(this.#bundles, loaded.bundles)) return
      this.#bundles = loaded.bundles
      this.#pool.use(loaded.bundles)
      this.#logger.info({ handlers: this.names }, 'handlers-loaded')
    } catch (error) {
      this.#logger.error({ ...errorFields(error), folders: this.#folders }, 'handlers-not-read')
    }
  }

  #report(faults: ReadonlyMap<string, string>): void {
    for (const [file, fault] of faults) {
      if (this.#faults.get(file) !== fault) this.#logger.error({ file, fault }, 'handlers-refused')
    }
    this.#faults = faults
  }
}

function isEqual(
  left: ReadonlyMap<string, string> | undefined,
  right: ReadonlyMap<string, string>,
): boolean {
  return left?.size === right.size && [...right].every(([name, file]) => left.get(name) === file)
}
