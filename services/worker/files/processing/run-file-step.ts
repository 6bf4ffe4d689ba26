import type { ObjectStore } from '../../../adapters/objects/object-store.ts'
import type { FileOfTask, FileStore } from '../../../adapters/postgres/files/file-store.ts'
import type { FileResult } from '../../../adapters/postgres/files/file-result.ts'
import { toFileResult } from '../../../adapters/postgres/files/file-result.ts'
import {
  findLoaded,
  lockContent,
  mayBeLoaded,
  recordLoaded,
} from '../../../adapters/postgres/files/loaded-content.ts'
import { storeLogs } from '../../../adapters/postgres/tasks/claim-store.ts'
import type { SettledAttempt, TaskRules } from '../../../ledger/tasks/settlement.ts'
import type { AttemptOutcome, ClaimedTask } from '../../../ledger/tasks/task.ts'
import type { FilesPipeline } from '../../../pipelines/declaration/task-declaration.ts'
import { untilDone } from '../../tasks/run-window.ts'
import type { FoundFile } from '../loading/find-file.ts'
import { findFile, toOutcome } from '../loading/find-file.ts'
import { FileChangedError } from '../loading/file-content.ts'
import type { SettleOptions } from '../loading/settle-file.ts'
import { RepeatedError, settleFile, settleRepeated } from '../loading/settle-file.ts'
import { FileCopy } from './file-copy.ts'

export type ProcessOptions = SettleOptions & {
  readonly declaration: FilesPipeline
  readonly store: ObjectStore
  readonly files: FileStore
  /** For copies of files; only this user can read it. */
  readonly folder: string
  readonly rules: TaskRules
  /** Calls the handler, or runs the command. */
  readonly call: (file: FileCopy, mimetype: string | null) => Promise<AttemptOutcome>
  /** What the call has logged. */
  readonly logLines: () => readonly string[]
}

type Attempt = AttemptOutcome | SettledAttempt

/** A file that is ready for its handler or command. */
type Prepared = FoundFile & { readonly copy: FileCopy }

/**
 * Runs one attempt to process a file with a handler or a command. The rows of the result and the state of the task are
 * stored in one transaction. The call is not repeated during an outage: only its result is stored again. It always
 * resolves.
 */
export async function runFileStep(task: ClaimedTask, options: ProcessOptions): Promise<Attempt> {
  return new Processing(task, options).attempt()
}

class Processing {
  readonly #task: ClaimedTask
  readonly #options: ProcessOptions

  constructor(task: ClaimedTask, options: ProcessOptions) {
    this.#task = task
    this.#options = options
  }

  async attempt(): Promise<Attempt> {
    const prepared = await this.#untilDone((signal) => this.#prepare(signal))
    if ('kind' in prepared) return prepared
    await using copy = prepared.copy
    const outcome = await this.#options.call(copy, prepared.file.mimetype)
    if (outcome.kind !== 'complete') return outcome
    await using result = outcome.result
    const { pool, rules } = this.#options
    const write = await this.#untilDone(() =>
      toFileResult(pool, { task: this.#task, rules }, result),
    )
    if (typeof write === 'function') {
      return await this.#untilDone((cancel) => this.#store(prepared, { write, cancel }))
    }
    return 'kind' in write ? write : { kind: 'failed', fault: write }
  }

  #untilDone<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T | AttemptOutcome> {
    const { declaration, cancel } = this.#options
    return untilDone({ timeoutMs: declaration.timeoutMs, cancel }, work)
  }

  async #prepare(signal: AbortSignal): Promise<Prepared | Attempt> {
    const options = { ...this.#options, cancel: signal }
    const found = await findFile(this.#task, options)
    if ('kind' in found) return found
    try {
      const copy = await FileCopy.make(options.store, found.object, { ...options, signal })
      try {
        return (await this.#repeated({ ...found, copy }, options)) ?? { ...found, copy }
      } catch (error) {
        await copy[Symbol.asyncDispose]()
        throw error
      }
    } catch (error) {
      return await toOutcome(error, found.file, options)
    }
  }

  /** Ends the task of a file whose content was processed before. */
  async #repeated(
    { file, object, copy }: Prepared,
    options: ProcessOptions,
  ): Promise<Attempt | undefined> {
    const { declaration, pool } = options
    if (declaration.source.onRepeat !== 'skip') return undefined
    const content = { pipeline: declaration.name, file: file.id, size: object.size }
    if (!(await mayBeLoaded(pool, content))) return undefined
    const { sha256 } = copy
    const first = await findLoaded(pool, content, sha256)
    if (first === undefined) return undefined
    await copy[Symbol.asyncDispose]()
    return settleRepeated(this.#task, options, { file, sha256, first })
  }

  async #store(
    { file, object, copy: { sha256 } }: Prepared,
    { write, cancel }: { readonly write: FileResult; readonly cancel: AbortSignal },
  ): Promise<Attempt> {
    const { declaration, store, logLines } = this.#options
    const options = { ...this.#options, cancel }
    const content = { pipeline: declaration.name, file: file.id, size: object.size }
    try {
      return await settleFile(this.#task, options, async (client) => {
        const rows = await write(client)
        if (declaration.source.onRepeat === 'skip') {
          await lockContent(client, declaration.name, sha256)
          const first = await findLoaded(client, content, sha256)
          if (first !== undefined) throw new RepeatedError(sha256, first)
        }
        const lines = logLines()
        if (lines.length > 0) await storeLogs(client, [{ id: this.#task.id, logLines: lines }])
        await recordLoaded(client, file.id, { sha256, lines: null, rejected: null, detail: null })
        if ((await store.find(object.key))?.etag !== object.etag) throw new FileChangedError()
        return { kind: 'written', rows }
      })
    } catch (error) {
      if (error instanceof RepeatedError) return this.#repeat(file, { error, options })
      return toOutcome(error, file, options)
    }
  }

  #repeat(
    file: FileOfTask,
    { error, options }: { readonly error: RepeatedError; readonly options: ProcessOptions },
  ): Promise<Attempt> {
    const { sha256, first } = error
    return settleRepeated(this.#task, options, { file, sha256, first })
  }
}
