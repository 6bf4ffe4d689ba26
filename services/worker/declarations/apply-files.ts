import type {
  PostgresPipelineStore,
  StoredPipeline,
} from '../../adapters/postgres/pipelines/pipeline-store.ts'
import type { Logger } from '../../runtime/logger.ts'
import { errorFields } from '../../runtime/logger.ts'
import { isTaskDeclaration } from '../../pipelines/declaration/task-declaration.ts'
import { backoffPauses } from '../../runtime/retry.ts'
import type { Declared } from './declare.ts'
import { declare, fileMissing } from './declare.ts'
import { writeErrorFile } from './error-file.ts'
import type { DeclarationFile } from './read-folder.ts'

type Options = {
  readonly store: PostgresPipelineStore
  /** Whether the platform loads files. */
  readonly hasFiles: boolean
  /** Whether pipelines may run commands. */
  readonly allowsShell: boolean
  readonly logger: Logger
  /** The reason of pauses that end when the file is back; by default that of files of a folder. */
  readonly missingReason?: string
  /** Shows the faults of a file to its user; by default in a file beside it. */
  readonly writeFaults?: (
    file: Pick<DeclarationFile, 'path'>,
    faults: readonly string[],
  ) => Promise<void>
}

/** What became of a version of a file. */
type Handled = {
  readonly version: string
  readonly faults: readonly string[]
  /** When it is tried again, in milliseconds of the monotonic clock; undefined if it is not. */
  readonly retryAt: number | undefined
  readonly pauses: Generator<number, never>
}

const filesDisabled =
  'from.files: this platform loads no files. Start it with files.enabled, e.g. npm start -- --set files.enabled=true'
const objectsDisabled =
  'to.objects: results go into the bucket, and this platform has none. Start it with files.enabled, e.g. npm start -- --set files.enabled=true'
const shellDisabled =
  'shell: this platform runs no commands. Allow them with worker.allowShell, e.g. npm start -- --set worker.allowShell=true, or register a handler and use the step "run".'
/** Users may correct the database, so a declaration that it has refused is tried again. */
const retry = { firstMs: 2_000, maxMs: 60_000 }

/** Puts the files of declarations into effect, each version once. */
export class FileApplier {
  readonly #options: Options
  /** By path. */
  readonly #handled = new Map<string, Handled>()

  constructor(options: Options) {
    this.#options = options
  }

  /**
   * Puts new versions of files into effect. A version with a fault changes nothing. A version that the
   * database has refused is tried again, after longer and longer pauses.
   *
   * @returns whether a file was due, so that pipelines may have changed
   */
  async apply(
    files: readonly DeclarationFile[],
    present: readonly StoredPipeline[],
  ): Promise<boolean> {
    let wasDue = false
    const paths = new Set(files.map(({ path }) => path))
    for (const path of this.#handled.keys()) if (!paths.has(path)) this.#handled.delete(path)
    for (const file of files) {
      const name = nameOf(file, present)
      if (!this.#isDue(file) && !isReset(name, present)) continue
      wasDue = true
      await this.#applyFile(file, name)
    }
    return wasDue
  }

  #isDue({ path, version }: DeclarationFile): boolean {
    const handled = this.#handled.get(path)
    if (handled?.version !== version) return true
    return handled.retryAt !== undefined && handled.retryAt <= performance.now()
  }

  async #applyFile(file: DeclarationFile, name: string | undefined): Promise<void> {
    const { path, version, parsed } = file
    const handled = this.#handled.get(path)
    const before = handled?.version === version ? handled : undefined
    const faults = parsed.ok ? await this.#declare({ ...parsed, path }) : parsed.faults
    // A retry that is refused for the same reason is not reported again.
    if (before === undefined || faults.join() !== before.faults.join()) {
      await this.#report(file, name, faults)
    }
    const pauses = before?.pauses ?? backoffPauses(retry)
    const isRetried = parsed.ok && faults.length > 0
    const retryAt = isRetried ? performance.now() + pauses.next().value : undefined
    this.#handled.set(path, { version, faults, retryAt, pauses })
  }

  #declare(declared: Declared): Promise<string[]> {
    const { store, hasFiles, allowsShell } = this.#options
    const { declaration } = declared
    if (isTaskDeclaration(declaration)) {
      if (declaration.source.kind === 'files' && !hasFiles) return Promise.resolve([filesDisabled])
      if (declaration.to.kind === 'objects' && !hasFiles) return Promise.resolve([objectsDisabled])
      if (declaration.step.kind === 'shell' && !allowsShell) return Promise.resolve([shellDisabled])
    }
    return declare(store, declared)
  }

  async #report(
    file: DeclarationFile,
    name: string | undefined,
    faults: readonly string[],
  ): Promise<void> {
    const { store, logger, missingReason = fileMissing } = this.#options
    const { writeFaults = writeErrorFile } = this.#options
    const { path } = file
    // First, so that the file is there when the fault is shown.
    await writeFaults(file, faults).catch((error: unknown) => {
      logger.debug({ ...errorFields(error), file: path }, 'error-file-not-written')
    })
    if (faults.length === 0 && name !== undefined) {
      logger.info({ pipeline: name, file: path }, 'pipeline-declared')
      await store.resume(name, missingReason)
    } else {
      logger.error({ pipeline: name, file: path, faults }, 'pipeline-refused')
      if (name !== undefined) await store.setFault(name, faults.join('\n'))
    }
  }
}

/** A file with a fault belongs to the pipeline that it declared before. */
function nameOf(
  { path, parsed }: DeclarationFile,
  present: readonly StoredPipeline[],
): string | undefined {
  if (parsed.ok) return parsed.declaration.name
  return present.find(({ file }) => file === path)?.name
}

const isReset = (name: string | undefined, present: readonly StoredPipeline[]): boolean =>
  present.some((pipeline) => pipeline.name === name && pipeline.declaration === null)
