import type {
  PostgresPipelineStore,
  StoredPipeline,
} from '../../adapters/postgres/pipelines/pipeline-store.ts'
import type { PostgresSettingStore } from '../../adapters/postgres/settings/setting-store.ts'
import type { Declaration } from '../../pipelines/declaration/declaration.ts'
import { fromStored, isSameAsStored } from '../../pipelines/declaration/stored-declaration.ts'
import type { SetValue } from '../../pipelines/settings/settings.ts'
import { effectiveDeclaration, logLevelOf } from '../../pipelines/settings/settings.ts'
import type { Logger } from '../../runtime/logger.ts'
import { errorFields } from '../../runtime/logger.ts'
import { poll, WarnOnce } from '../../runtime/poll.ts'
import { WakeUp } from '../../runtime/wake-up.ts'
import { declare } from '../declarations/declare.ts'
import { writeErrorFile } from '../declarations/error-file.ts'
import type { DeclarationFile, DeclarationFolder } from '../declarations/read-folder.ts'
import type { PipelineContext } from './running-pipeline.ts'
import { RunningPipeline } from './running-pipeline.ts'

type Options = PipelineContext & {
  /** Undefined if the user has no folder: then no pipeline runs. */
  readonly folder: DeclarationFolder | undefined
  readonly store: PostgresPipelineStore
  readonly settings: PostgresSettingStore
  readonly logger: Logger
}

const intervalMs = 2_000
const seenIntervalMs = 10_000
/** The reason of a pause that ends when the file is back. */
const fileMissing = 'Its file was removed from the folder of the worker.'

/**
 * Runs the declared pipelines. Every two seconds, and when it is woken up, it reads the folder and the
 * tables `pipeline` and `setting`, and starts and stops pipelines accordingly. A file that is refused
 * leaves the declaration before it in effect.
 */
export class PipelineSupervisor implements AsyncDisposable {
  readonly #options: Options
  readonly #running = new Map<string, RunningPipeline>()
  /** The version of each file that was put into effect or refused, by path. */
  readonly #handled = new Map<string, string>()
  readonly #wakeUp = new WakeUp()
  readonly #logLevel: string
  readonly #end = new AbortController()
  readonly #loop: Promise<void>
  #isReady = false
  /** When the running pipelines were last marked as seen, in milliseconds of the monotonic clock. */
  #seenAt = -Infinity

  constructor(options: Options) {
    this.#options = options
    this.#logLevel = options.logger.level
    const { signal } = this.#end
    const warnings = new WarnOnce(options.logger, signal)
    const events = { failed: 'pipelines-not-read', recovered: 'pipelines-read-again' }
    const round = (): Promise<unknown> => warnings.attempt(() => this.#round(), events)
    this.#loop = poll(round, { intervalMs, signal, wakeUp: this.#wakeUp })
  }

  /** Whether the folder and the table were read at least once. */
  get isReady(): boolean {
    return this.#isReady
  }

  /** The pipelines that run now. */
  get running(): readonly RunningPipeline[] {
    return [...this.#running.values()]
  }

  /** Reads the folder and the tables at once. */
  wakeUp(): void {
    this.#wakeUp.call()
  }

  async #round(): Promise<void> {
    const { folder, store, settings } = this.#options
    const files = (await folder?.read()) ?? []
    await this.#handleFiles(files, await store.list())
    const declared = await store.list()
    await this.#pauseWithoutFile(files, declared)
    const set = await settings.list()
    this.#setLogLevel(logLevelOf(set) ?? this.#logLevel)
    const runnable = declared.filter((pipeline) => hasFile(pipeline, files) && isRunnable(pipeline))
    await this.#adjust(effectiveOf(runnable, set))
    await this.#markSeen()
    this.#isReady = true
  }

  async #handleFiles(
    files: readonly DeclarationFile[],
    present: readonly StoredPipeline[],
  ): Promise<void> {
    const paths = new Set(files.map(({ path }) => path))
    for (const path of this.#handled.keys()) if (!paths.has(path)) this.#handled.delete(path)
    for (const file of files) {
      const { path, version, parsed } = file
      const name = parsed.ok ? parsed.declaration.name : nameOf(path, present)
      const isReset = present.some(
        (pipeline) => pipeline.name === name && pipeline.declaration === null,
      )
      if (this.#handled.get(path) === version && !isReset) continue
      const faults = parsed.ok
        ? await declare(this.#options.store, { path, declaration: parsed.declaration })
        : parsed.faults
      await this.#report(file, name, faults)
      this.#handled.set(path, version)
    }
  }

  async #report(
    file: DeclarationFile,
    name: string | undefined,
    faults: readonly string[],
  ): Promise<void> {
    const { store, logger } = this.#options
    const { path } = file
    if (faults.length === 0 && name !== undefined) {
      logger.info({ pipeline: name, file: path }, 'pipeline-declared')
      await store.resume(name, fileMissing)
    } else {
      logger.error({ pipeline: name, file: path, faults }, 'pipeline-refused')
      if (name !== undefined) await store.setFault(name, faults.join('\n'))
    }
    await writeErrorFile(file, faults).catch((error: unknown) => {
      logger.debug({ ...errorFields(error), file: path }, 'error-file-not-written')
    })
  }

  /** Pipelines of another folder belong to the workers that read that folder. */
  async #pauseWithoutFile(
    files: readonly DeclarationFile[],
    declared: readonly StoredPipeline[],
  ): Promise<void> {
    for (const pipeline of declared) {
      if (hasFile(pipeline, files) || pipeline.pauseReason !== undefined) continue
      if (this.#options.folder?.contains(pipeline.file) !== true) continue
      if (await this.#options.store.pause(pipeline.name, fileMissing)) {
        this.#options.logger.warn(
          { pipeline: pipeline.name, file: pipeline.file },
          'pipeline-paused',
        )
      }
    }
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
  async #adjust(wanted: ReadonlyMap<string, Declaration>): Promise<void> {
    const { logger } = this.#options
    const isWanted = ({ declaration }: RunningPipeline): boolean =>
      isSameAsStored(declaration, wanted.get(declaration.name))
    await this.#stopPipelines(this.running.filter((pipeline) => !isWanted(pipeline)))
    for (const [name, declaration] of wanted) {
      if (this.#running.has(name)) continue
      this.#running.set(name, new RunningPipeline(declaration, this.#options))
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

const nameOf = (path: string, present: readonly StoredPipeline[]): string | undefined =>
  present.find(({ file }) => file === path)?.name

const hasFile = ({ file }: StoredPipeline, files: readonly DeclarationFile[]): boolean =>
  files.some(({ path }) => path === file)

const isRunnable = ({ pauseReason, declaration }: StoredPipeline): boolean =>
  pauseReason === undefined && declaration !== null

/** The declarations that apply, of the pipelines that are enabled. */
function effectiveOf(
  pipelines: readonly StoredPipeline[],
  set: readonly SetValue[],
): ReadonlyMap<string, Declaration> {
  const effective = pipelines.map(({ declaration }) =>
    effectiveDeclaration(fromStored(declaration), set),
  )
  const enabled = effective.filter(({ isEnabled }) => isEnabled)
  return new Map(enabled.map((declaration) => [declaration.name, declaration]))
}
