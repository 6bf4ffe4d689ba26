import { basename } from 'node:path'
import type {
  PostgresPipelineStore,
  StoredPipeline,
} from '../../adapters/postgres/pipelines/pipeline-store.ts'
import type { PostgresSettingStore } from '../../adapters/postgres/settings/setting-store.ts'
import { fromStored, isSameAsStored } from '../../pipelines/declaration/stored-declaration.ts'
import type { PipelineDeclaration } from '../../pipelines/declaration/task-declaration.ts'
import { isTaskDeclaration } from '../../pipelines/declaration/task-declaration.ts'
import type { SetValue } from '../../pipelines/settings/settings.ts'
import { effectiveDeclaration, logLevelOf } from '../../pipelines/settings/settings.ts'
import type { Logger } from '../../runtime/logger.ts'
import { poll, WarnOnce } from '../../runtime/poll.ts'
import { WakeUp } from '../../runtime/wake-up.ts'
import { FileApplier } from '../declarations/apply-files.ts'
import { isInBucket } from '../declarations/bucket-declarations.ts'
import { fileMissing } from '../declarations/declare.ts'
import type { DeclarationFile, DeclarationFolder } from '../declarations/read-folder.ts'
import type { TaskWorker } from '../tasks/task-worker.ts'
import type { DecisionMetric } from './decision-metric.ts'
import type { PipelineContext } from './running-pipeline.ts'
import { countFetches, RunningPipeline } from './running-pipeline.ts'

/** Where a worker finds the pipelines that it runs. */
export type PipelineSource =
  /** The user's folder. The worker puts its files into effect and runs them. Undefined: no pipelines. */
  | { readonly kind: 'folder'; readonly folder: DeclarationFolder | undefined }
  /** What other workers have put into effect. @param names only of these pipelines */
  | { readonly kind: 'stored'; readonly names: ReadonlySet<string> | undefined }

type Options = PipelineContext & {
  readonly source: PipelineSource
  /** The pipelines of the platform, which run beside those of a folder; undefined: none. */
  readonly shipped?: DeclarationFolder | undefined
  /** Milliseconds between two rounds, unless it is woken up. */
  readonly intervalMs: number
  readonly store: PostgresPipelineStore
  readonly settings: PostgresSettingStore
  readonly decisionMetric: Pick<DecisionMetric, 'show'>
  /** Whether the platform loads files. */
  readonly hasFiles: boolean
  /** Whether pipelines may run commands. */
  readonly allowsShell: boolean
  /** Runs the tasks of the pipelines. */
  readonly tasks: Pick<TaskWorker, 'setPipelines'>
  readonly logger: Logger
}

const seenIntervalMs = 10_000

/**
 * Runs the declared pipelines. At intervals, and when it is woken up, it reads the folder and the
 * tables `pipeline` and `setting`, and starts and stops pipelines accordingly. A file that is refused
 * leaves the declaration before it in effect.
 */
export class PipelineSupervisor implements AsyncDisposable {
  readonly #options: Options
  readonly #running = new Map<string, RunningPipeline>()
  readonly #files: FileApplier
  readonly #wakeUp = new WakeUp()
  readonly #logLevel: string
  readonly #end = new AbortController()
  readonly #loop: Promise<void>
  #isReady = false
  #failure: string | undefined
  /** When the running pipelines were last marked as seen, in milliseconds of the monotonic clock. */
  #seenAt = -Infinity

  constructor(options: Options) {
    this.#options = options
    this.#files = new FileApplier(options)
    this.#logLevel = options.logger.level
    const { signal } = this.#end
    const warnings = new WarnOnce(options.logger, signal)
    const events = { failed: 'pipelines-not-read', recovered: 'pipelines-read-again' }
    const round = (): Promise<unknown> => warnings.attempt(() => this.#attemptRound(), events)
    const { intervalMs } = options
    this.#loop = poll(round, { intervalMs, signal, wakeUp: this.#wakeUp })
  }

  /** Why the folder and the tables have never been read; undefined if they have. */
  get whyNotReady(): string | undefined {
    if (this.#isReady) return undefined
    return this.#failure ?? 'The pipelines have not been read yet.'
  }

  /** The pipelines that run now. */
  get running(): readonly RunningPipeline[] {
    return [...this.#running.values()]
  }

  /** Reads the folder and the tables at once. */
  wakeUp(): void {
    this.#wakeUp.call()
  }

  async #attemptRound(): Promise<void> {
    try {
      await this.#round()
    } catch (error) {
      this.#failure = (error as Error).message
      throw error
    }
  }

  async #round(): Promise<void> {
    const { source, store, settings } = this.#options
    const declared =
      source.kind === 'folder'
        ? await this.#readFolder(source.folder)
        : (await store.list()).filter(({ name }) => source.names?.has(name) ?? true)
    this.#options.decisionMetric.show(declared)
    const set = await settings.list()
    this.#setLogLevel(logLevelOf(set) ?? this.#logLevel)
    const enabled = effectiveOf(declared.filter(isRunnable), set)
    this.#options.tasks.setPipelines({
      all: declaredOf(declared, set).filter(isTaskDeclaration),
      enabled: new Set(enabled.keys()),
    })
    await this.#adjust(enabled)
    await this.#markSeen()
    this.#isReady = true
  }

  /** Puts the files of the folder into effect. @returns the pipelines that have a file */
  async #readFolder(folder: DeclarationFolder | undefined): Promise<StoredPipeline[]> {
    const { store } = this.#options
    const own = (await folder?.read()) ?? []
    const files = [...own, ...(await this.#readShipped(own))]
    const present = await store.list()
    const declared = (await this.#files.apply(files, present)) ? await store.list() : present
    const withoutFile = declared.filter((pipeline) => !hasFile(pipeline, files))
    for (const pipeline of withoutFile) {
      // Pipelines of another folder belong to the workers that read that folder.
      if (folder?.contains(pipeline.file) === true) await this.#pauseWithoutFile(pipeline)
    }
    const { hasFiles } = this.#options
    return declared.filter(
      (pipeline) => hasFile(pipeline, files) || (hasFiles && isInBucket(pipeline.file)),
    )
  }

  /** A file of the user with the same name takes the place of a shipped one. */
  async #readShipped(own: readonly DeclarationFile[]): Promise<DeclarationFile[]> {
    const files = (await this.#options.shipped?.read()) ?? []
    const names = new Set(own.map(({ path }) => basename(path)))
    return files.filter(({ path }) => !names.has(basename(path)))
  }

  async #pauseWithoutFile({ name, file, pauseReason }: StoredPipeline): Promise<void> {
    const { store, logger } = this.#options
    if (pauseReason !== undefined || !(await store.pause(name, fileMissing))) return
    logger.warn({ pipeline: name, file }, 'pipeline-paused')
  }

  async #markSeen(): Promise<void> {
    if (performance.now() - this.#seenAt < seenIntervalMs || this.#running.size === 0) return
    await this.#options.store.markSeen([...this.#running.keys()])
    this.#seenAt = performance.now()
  }

  #setLogLevel(level: string): void {
    const { context, logger } = this.#options
    for (const each of [logger, context.logger]) each.level = level
    // Child loggers do not follow their parent.
    for (const pipeline of this.running) pipeline.setLogLevel(level)
  }

  /** Stops what must not run, and starts what must. A changed declaration is a restart. */
  async #adjust(wanted: ReadonlyMap<string, PipelineDeclaration>): Promise<void> {
    const { logger, context } = this.#options
    const isWanted = ({ declaration }: RunningPipeline): boolean =>
      isSameAsStored(declaration, wanted.get(declaration.name))
    await this.#stopPipelines(this.running.filter((pipeline) => !isWanted(pipeline)))
    const fetches = countFetches(wanted.values(), context.kafka.brokers.length)
    for (const [name, declaration] of wanted) {
      if (this.#running.has(name)) continue
      this.#running.set(name, new RunningPipeline(declaration, this.#options, fetches))
      logger.info({ pipeline: name }, 'pipeline-started')
    }
  }

  async #stopPipelines(pipelines: readonly RunningPipeline[]): Promise<void> {
    await Promise.all(pipelines.map((pipeline) => pipeline[Symbol.asyncDispose]()))
    for (const { declaration } of pipelines) {
      this.#running.delete(declaration.name)
      this.#options.logger.info({ pipeline: declaration.name }, 'pipeline-stopped')
    }
  }

  /** Stops all pipelines. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#end.abort()
    await this.#loop
    await this.#stopPipelines(this.running)
  }
}

const hasFile = ({ file }: StoredPipeline, files: readonly DeclarationFile[]): boolean =>
  files.some(({ path }) => path === file)

const isRunnable = ({ pauseReason, declaration }: StoredPipeline): boolean =>
  pauseReason === undefined && declaration !== null

/** The declarations that apply. */
function declaredOf(
  pipelines: readonly StoredPipeline[],
  set: readonly SetValue[],
): PipelineDeclaration[] {
  const present = pipelines.filter(({ declaration }) => declaration !== null)
  return present.map(({ declaration }) => effectiveDeclaration(fromStored(declaration), set))
}

/** The same, only of the pipelines that are enabled. */
function effectiveOf(
  pipelines: readonly StoredPipeline[],
  set: readonly SetValue[],
): ReadonlyMap<string, PipelineDeclaration> {
  const enabled = declaredOf(pipelines, set).filter(({ isEnabled }) => isEnabled)
  return new Map(enabled.map((declaration) => [declaration.name, declaration]))
}
