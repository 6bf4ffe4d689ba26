import type { Readable } from 'node:stream'
import { findKeyProblem } from '../../adapters/objects/object-key.ts'
import type { ObjectStore } from '../../adapters/objects/object-store.ts'
import { putNew } from '../../adapters/objects/put-new.ts'
import type { Pool } from '../../adapters/postgres/driver/connection.ts'
import type {
  FileFilter,
  LineOfFile,
  StoredFile,
} from '../../adapters/postgres/files/file-reader.ts'
import { FileReader } from '../../adapters/postgres/files/file-reader.ts'
import { PostgresPipelineStore } from '../../adapters/postgres/pipelines/pipeline-store.ts'
import { TaskQueue } from '../../adapters/postgres/tasks/task-queue.ts'
import type { Logger } from '../../runtime/logger.ts'
import { WarnOnce } from '../../runtime/poll.ts'
import { chooseInbox, filesPipelinesOf } from '../../pipelines/files/choose-inbox.ts'
import type { FileCount, Inbox, Upload } from '../api/files.ts'
import { toInbox } from './file-view.ts'

type Options = {
  /** Of the role that reads. */
  readonly pool: Pool
  /** Of the role that changes tasks. */
  readonly operatorPool: Pool
  /** Undefined if no files are loaded. */
  readonly store: ObjectStore | undefined
  readonly logger: Logger
}

type Page = {
  readonly files: readonly StoredFile[]
  readonly counts: readonly FileCount[]
  readonly inboxes: readonly Inbox[]
}

/** Why a file was not uploaded. */
export type UploadRefusal = {
  readonly why: 'not-enabled' | 'unknown-pipeline' | 'unsuitable' | 'taken'
  readonly reason: string
}

/** Requests within this time get the same counts, so that many open pages do not count more often than one. */
const keptMs = 2_000
/** Lines of a file that its error log lists. */
const maxLines = 10_000

/** Reads, cancels and uploads files. */
export class FileWork {
  readonly #reader: FileReader
  readonly #pipelines: PostgresPipelineStore
  readonly #queue: TaskQueue
  readonly #store: ObjectStore | undefined
  readonly #warnings: WarnOnce
  #counts: { readonly answer: Promise<FileCount[]>; readonly atMs: number } | undefined

  constructor({ pool, operatorPool, store, logger }: Options) {
    this.#reader = new FileReader(pool)
    this.#pipelines = new PostgresPipelineStore(pool)
    this.#queue = new TaskQueue(operatorPool)
    this.#store = store
    this.#warnings = new WarnOnce(logger)
  }

  /** Whether this platform loads files. */
  get isEnabled(): boolean {
    return this.#store !== undefined
  }

  /** Undefined if the database does not answer. */
  page(filter: FileFilter): Promise<Page | undefined> {
    return this.#read(async () => {
      const [files, counts, pipelines] = await Promise.all([
        this.#reader.list(filter),
        this.#readCounts(),
        this.#pipelines.list(),
      ])
      return { files, counts, inboxes: filesPipelinesOf(pipelines).map(toInbox) }
    })
  }

  /** Undefined if the database does not answer. */
  file(id: number): Promise<StoredFile | 'unknown' | undefined> {
    return this.#read(async () => (await this.#reader.find(id)) ?? 'unknown')
  }

  /** The first lines of a file that became dead letters. Undefined if the database does not answer. */
  lineLetters(file: StoredFile): Promise<readonly LineOfFile[] | undefined> {
    return this.#read(() => this.#reader.lineLetters(file, maxLines))
  }

  /** @returns the file after the request. Rejects if the database does not answer */
  async cancel(id: number): Promise<StoredFile | 'ended' | 'unmatched' | 'unknown'> {
    const file = await this.#reader.find(id)
    if (file === undefined) return 'unknown'
    if (file.task === null) return 'unmatched'
    const outcome = await this.#queue.cancel(file.task)
    const after = await this.#reader.find(id)
    if (outcome === undefined || after === undefined) return 'ended'
    return outcome.kind === 'ended' && after.state !== 'canceled' ? 'ended' : after
  }

  /** Checks the names before anything is stored. Rejects if the database does not answer. */
  async chooseKey(
    pipeline: string,
    name: string,
  ): Promise<{ readonly key: string } | UploadRefusal> {
    if (this.#store === undefined) return notEnabled
    const problem = findNameProblem(name)
    if (problem !== undefined) return { why: 'unsuitable', reason: problem }
    const chosen = chooseInbox(await this.#pipelines.list(), { name, to: pipeline })
    if (chosen.kind === 'chosen') {
      const keyProblem = findKeyProblem(chosen.key)
      return keyProblem === undefined ? chosen : { why: 'unsuitable', reason: keyProblem }
    }
    const { why, reason } = chosen
    return { why: why === 'unknown' ? 'unknown-pipeline' : why, reason }
  }

  /** Stores a file under a key of `chooseKey`. Rejects if the bucket does not answer. */
  async upload(
    { pipeline, name, key }: Omit<Upload, 'size'>,
    content: Readable,
  ): Promise<Upload | UploadRefusal> {
    if (this.#store === undefined) return notEnabled
    const stored = await putNew(this.#store, key, content)
    return stored === undefined ? nameTaken(name) : { pipeline, name, key, size: stored.size }
  }

  /** Whether a file of this name waits already. Rejects if the bucket does not answer. */
  async isTaken(key: string): Promise<boolean> {
    return (await this.#store?.find(key)) !== undefined
  }

  #readCounts(): Promise<FileCount[]> {
    const latest = this.#counts
    if (latest !== undefined && performance.now() - latest.atMs <= keptMs) return latest.answer
    const answer = this.#reader.counts()
    this.#counts = { answer, atMs: performance.now() }
    return answer
  }

  #read<T>(read: () => Promise<T>): Promise<T | undefined> {
    return this.#warnings.attempt(read, { failed: 'files-not-seen' })
  }
}

const notEnabled: UploadRefusal = {
  why: 'not-enabled',
  reason:
    'This platform loads no files. Start it with files.enabled=true, for example npm start -- --set files.enabled=true.',
}

export const nameTaken = (name: string): UploadRefusal => ({
  why: 'taken',
  reason: `A file with the name ${JSON.stringify(name)} waits in the inbox. Wait until it is loaded, or rename yours.`,
})

/** What is wrong with the name of an upload; undefined if it can be used. */
function findNameProblem(name: string): string | undefined {
  if (name.includes('/') || name.includes('\\'))
    return 'The name contains "/" or "\\". Send only the name of the file, without a folder.'
  // eslint-disable-next-line no-control-regex -- they are what is looked for
  if (/[\u0000-\u001f\u007f-\u009f]/.test(name))
    return 'The name contains a control character, for example a line break. Rename the file.'
  return findKeyProblem(name)
}
