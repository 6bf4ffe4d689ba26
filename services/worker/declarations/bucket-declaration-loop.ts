import type { ObjectStore } from '../../adapters/objects/object-store.ts'
import type { Pool } from '../../adapters/postgres/driver/connection.ts'
import { withSessionLock } from '../../adapters/postgres/driver/connection.ts'
import type {
  PostgresPipelineStore,
  StoredPipeline,
} from '../../adapters/postgres/pipelines/pipeline-store.ts'
import type { Logger } from '../../runtime/logger.ts'
import { poll, WarnOnce } from '../../runtime/poll.ts'
import { FileApplier } from './apply-files.ts'
import { BucketDeclarations, isInBucket } from './bucket-declarations.ts'
import { removedFromBucket } from './declare.ts'

type Options = {
  readonly pool: Pool
  readonly store: ObjectStore
  readonly pipelines: PostgresPipelineStore
  /** Whether pipelines may run commands. */
  readonly allowsShell: boolean
  readonly logger: Logger
}

const intervalMs = 1_000
/** Of the advisory locks: only one worker at a time reads the declarations of the bucket. */
const lockId = 721_043

/**
 * Puts the declarations of the bucket into effect until it is disposed. The database tells all workers about a change.
 * A pipeline whose file was removed is paused.
 */
export class BucketDeclarationLoop implements AsyncDisposable {
  readonly #options: Options
  readonly #declarations: BucketDeclarations
  readonly #applier: FileApplier
  readonly #end = new AbortController()
  readonly #loop: Promise<void>
  #isTruncated = false

  constructor(options: Options) {
    const { pool, store, pipelines, allowsShell, logger } = options
    this.#options = options
    this.#declarations = new BucketDeclarations(store)
    this.#applier = new FileApplier({
      ...{ store: pipelines, hasFiles: true, allowsShell, logger },
      missingReason: removedFromBucket,
      writeFaults: ({ path }, faults) => this.#declarations.writeFaults(path, faults),
    })
    const { signal } = this.#end
    const warnings = new WarnOnce(logger, signal)
    const events = { failed: 'bucket-declarations-not-read', recovered: 'bucket-declarations-read' }
    const round = (): Promise<unknown> =>
      warnings.attempt(() => withSessionLock(pool, lockId, () => this.#round()), events)
    this.#loop = poll(round, { intervalMs, signal })
  }

  async #round(): Promise<void> {
    const { pipelines, logger } = this.#options
    const present = await pipelines.list()
    const { files, unsettled, isTruncated } = await this.#declarations.read(present)
    if (isTruncated && !this.#isTruncated) logger.warn('bucket-folders-left-out')
    this.#isTruncated = isTruncated
    await this.#applier.apply(
      files.filter(({ path }) => !unsettled.has(path)),
      present,
    )
    const paths = new Set(files.map(({ path }) => path))
    for (const pipeline of present) {
      if (isInBucket(pipeline.file) && !paths.has(pipeline.file)) await this.#pause(pipeline)
    }
  }

  async #pause({ name, file, pauseReason }: StoredPipeline): Promise<void> {
    const { pipelines, logger } = this.#options
    if (pauseReason !== undefined) return
    // A file with another path may have declared it meanwhile.
    const now = (await pipelines.list()).find((pipeline) => pipeline.name === name)
    if (now?.file !== file || !(await pipelines.pause(name, removedFromBucket))) return
    logger.warn({ pipeline: name, file }, 'pipeline-paused')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end.abort()
    await this.#loop
  }
}
