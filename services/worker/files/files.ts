import { tmpdir } from 'node:os'
import type { Registry } from 'prom-client'
import type { BucketSettings } from '../../adapters/objects/bucket-settings.ts'
import { bucketName, openBucket } from '../../adapters/objects/bucket-settings.ts'
import type { ObjectStore } from '../../adapters/objects/object-store.ts'
import type { Pool } from '../../adapters/postgres/driver/connection.ts'
import { FileMoves } from '../../adapters/postgres/files/file-moves.ts'
import { FileStore } from '../../adapters/postgres/files/file-store.ts'
import { PostgresReceiptStore } from '../../adapters/postgres/ledger/receipt-store.ts'
import { PostgresPipelineStore } from '../../adapters/postgres/pipelines/pipeline-store.ts'
import type { SettledAttempt } from '../../ledger/tasks/settlement.ts'
import type { AttemptOutcome, ClaimedTask } from '../../ledger/tasks/task.ts'
import type { Logger } from '../../runtime/logger.ts'
import { readingsPipeline } from '../../telemetry/pipeline.ts'
import { WorkFolder } from '../../runtime/process/work-folder.ts'
import { Resources } from '../../runtime/resources.ts'
import { BucketHealth } from './bucket-health.ts'
import { TypeDetector } from './detection/type-detector.ts'
import { FileKeeper } from './file-keeper.ts'
import type { LoadOptions } from './loading/file-queue.ts'
import { FileQueue } from './loading/file-queue.ts'
import type { ProcessOptions as FileProcessOptions } from './processing/run-file-step.ts'
import type { ReadingsAddress } from './readings/post-readings.ts'
import type { SendOptions as FileSendOptions } from './readings/send-file.ts'
import { sendFile } from './readings/send-file.ts'
import { runFileStep } from './processing/run-file-step.ts'

export type FilesOptions = {
  readonly bucket: BucketSettings
  /** Address of Apache Tika; undefined: types of files are detected here. */
  readonly tikaUrl: string | undefined
  /** Where readings of files are sent, and the topic to which they go. */
  readonly ingress: ReadingsAddress & { readonly topic: string }
  /** Connections for looking for files and moving them. */
  readonly keeperPool: Pool
  /** Connections for the transactions that load files. */
  readonly loadPool: Pool
  readonly registry: Registry
  readonly logger: Logger
}

type SendOptions = Omit<FileSendOptions, 'store' | 'files' | 'pool' | 'address' | 'receipts'>

type ProcessOptions = Omit<FileProcessOptions, 'store' | 'files' | 'pool' | 'folder'>

/** The files of the bucket: finds them, loads them and moves them. */
export class Files implements AsyncDisposable {
  readonly #store: ObjectStore
  readonly #files: FileStore
  readonly #loadPool: Pool
  readonly #ingress: ReadingsAddress
  readonly #receipts: PostgresReceiptStore
  readonly #keeper: FileKeeper
  /** By the names of the pipelines. */
  readonly #queues = new Map<string, FileQueue>()
  readonly #resources = new Resources()
  readonly #work: WorkFolder

  constructor(options: FilesOptions) {
    const { bucket, ingress, tikaUrl, keeperPool, loadPool, registry, logger } = options
    this.#ingress = ingress
    const { topic } = ingress
    this.#receipts = new PostgresReceiptStore(keeperPool, { pipeline: readingsPipeline, topic })
    this.#store = openBucket(bucket)
    this.#files = new FileStore(keeperPool, bucketName(bucket))
    this.#loadPool = loadPool
    const health = new BucketHealth(registry, this.#store.address)
    this.#work = this.#resources.use(new WorkFolder(tmpdir(), 'av-telemetry-files'))
    const moves = new FileMoves(keeperPool, bucketName(bucket))
    const pipelines = new PostgresPipelineStore(keeperPool)
    this.#keeper = this.#resources.use(
      new FileKeeper({
        ...{
          pool: keeperPool,
          store: this.#store,
          health,
          files: this.#files,
          moves,
          pipelines,
          logger,
        },
        types: new TypeDetector({ store: this.#store, tikaUrl }),
      }),
    )
    logger.info({ bucket: this.#store.address }, 'files-enabled')
  }

  /** Runs one attempt to load a file. It always resolves. */
  async load(task: ClaimedTask, options: LoadOptions): Promise<AttemptOutcome | SettledAttempt> {
    const outcome = await this.#queueOf(options.declaration.name).run(task, options)
    if (outcome.kind === 'settled') this.#keeper.wakeUp()
    return outcome
  }

  /** Runs one attempt to send the readings of a file to the ingress. It always resolves. */
  async send(task: ClaimedTask, options: SendOptions): Promise<AttemptOutcome | SettledAttempt> {
    const outcome = await sendFile(task, {
      ...options,
      ...{ store: this.#store, files: this.#files, pool: this.#loadPool },
      ...{ address: this.#ingress, receipts: this.#receipts },
    })
    if (outcome.kind === 'settled') this.#keeper.wakeUp()
    return outcome
  }

  /** Runs one attempt to process a file with a handler or a command. It always resolves. */
  async process(
    task: ClaimedTask,
    options: ProcessOptions,
  ): Promise<AttemptOutcome | SettledAttempt> {
    const outcome = await runFileStep(task, {
      ...options,
      ...{ store: this.#store, files: this.#files, pool: this.#loadPool, folder: this.#work.path },
    })
    if (outcome.kind === 'settled') this.#keeper.wakeUp()
    return outcome
  }

  #queueOf(pipeline: string): FileQueue {
    const present = this.#queues.get(pipeline)
    if (present !== undefined) return present
    const shared = { store: this.#store, files: this.#files, pool: this.#loadPool }
    const queue = new FileQueue(shared)
    this.#queues.set(pipeline, queue)
    return queue
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#resources[Symbol.asyncDispose]()
  }
}
