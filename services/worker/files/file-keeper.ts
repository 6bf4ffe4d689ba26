import type { ObjectStore } from '../../adapters/objects/object-store.ts'
import type { Pool } from '../../adapters/postgres/driver/connection.ts'
import { withSessionLock } from '../../adapters/postgres/driver/connection.ts'
import type { FileMoves } from '../../adapters/postgres/files/file-moves.ts'
import type { FileStore } from '../../adapters/postgres/files/file-store.ts'
import type { PostgresPipelineStore } from '../../adapters/postgres/pipelines/pipeline-store.ts'
import type { FilesPipeline } from '../../pipelines/declaration/task-declaration.ts'
import { filesPipelinesOf } from '../../pipelines/files/choose-inbox.ts'
import type { Logger } from '../../runtime/logger.ts'
import { poll, WarnOnce } from '../../runtime/poll.ts'
import { WakeUp } from '../../runtime/wake-up.ts'
import type { BucketHealth } from './bucket-health.ts'
import { FileMover } from './file-mover.ts'
import type { TypeDetector } from './detection/type-detector.ts'
import { FileScanner } from './file-scanner.ts'

type Options = {
  readonly pool: Pool
  readonly store: ObjectStore
  readonly health: BucketHealth
  readonly files: FileStore
  readonly moves: FileMoves
  readonly types: TypeDetector
  readonly pipelines: Pick<PostgresPipelineStore, 'list'>
  readonly logger: Logger
}

const intervalMs = 1_000
/** How often files of interrupted writes are removed, and how old they must be. */
const [cleaningIntervalMs, unfinishedAgeMs] = [3_600_000, 7 * 86_400_000]
/** Of the advisory locks: only one worker at a time looks for files, and only one moves them. */
const [scanLockId, moveLockId] = [721_041, 721_042]
/** Looking for files takes at most this part of the time. */
const maxShare = 0.25

/** Looks for new files, moves files whose tasks have ended, and removes unfinished ones, until it is disposed. */
export class FileKeeper implements AsyncDisposable {
  readonly #options: Options
  readonly #scanner: FileScanner
  readonly #mover: FileMover
  readonly #moveWakeUp = new WakeUp()
  readonly #end = new AbortController()
  readonly #loops: readonly Promise<void>[]
  readonly #warnings: WarnOnce
  /** When unfinished files are removed again, in milliseconds of the monotonic clock. */
  #nextCleaningMs = 0
  /** When files are looked for again, in milliseconds of the monotonic clock. */
  #nextScanMs = 0

  constructor(options: Options) {
    this.#options = options
    this.#scanner = new FileScanner(options)
    this.#mover = new FileMover(options)
    const { signal } = this.#end
    const warnings = new WarnOnce(options.logger, signal)
    this.#warnings = warnings
    const scan = { failed: 'files-not-read', recovered: 'files-read-again' }
    const move = { failed: 'files-not-moved', recovered: 'files-moved-again' }
    this.#loops = [
      poll(() => warnings.attempt(() => this.#scan(), scan), { intervalMs, signal }),
      poll(() => warnings.attempt(() => this.#move(), move), {
        ...{ intervalMs, signal, wakeUp: this.#moveWakeUp },
      }),
    ]
  }

  /** Immediately moves files whose tasks have ended. */
  wakeUp(): void {
    this.#moveWakeUp.call()
  }

  async #scan(): Promise<void> {
    if (performance.now() < this.#nextScanMs) return
    const declared = await this.#declared()
    if (declared.length === 0) {
      this.#options.health.clear()
      return
    }
    const startedMs = performance.now()
    await withSessionLock(this.#options.pool, scanLockId, async () => {
      await this.#scanner.scan(declared)
      await this.#clean()
    })
    const endedMs = performance.now()
    this.#nextScanMs = endedMs + (endedMs - startedMs) / maxShare
  }

  async #move(): Promise<void> {
    const declared = await this.#declared()
    if (declared.length === 0) return
    await withSessionLock(this.#options.pool, moveLockId, () =>
      this.#mover.move(declared, this.#end.signal),
    )
  }

  /** The keys of an S3 server may not allow it. That must not hold up the files. */
  async #clean(): Promise<void> {
    if (performance.now() < this.#nextCleaningMs) return
    this.#nextCleaningMs = performance.now() + cleaningIntervalMs
    const before = new Date(Date.now() - unfinishedAgeMs)
    await this.#warnings.attempt(() => this.#options.store.removeUnfinished(before), {
      failed: 'unfinished-not-removed',
    })
  }

  /** The pipelines of all workers that load files, by name. Paused pipelines get tasks for their files, too. */
  async #declared(): Promise<FilesPipeline[]> {
    return filesPipelinesOf(await this.#options.pipelines.list())
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end.abort()
    await Promise.all(this.#loops)
  }
}
