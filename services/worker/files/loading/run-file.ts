import type { ObjectStore, StoredObject } from '../../../adapters/objects/object-store.ts'
import type { Pool } from '../../../adapters/postgres/driver/connection.ts'
import type { FileOfTask, FileStore } from '../../../adapters/postgres/files/file-store.ts'
import {
  findLoaded,
  lockContent,
  mayBeLoaded,
  noteLoaded,
} from '../../../adapters/postgres/files/loaded-content.ts'
import type { Transaction } from '../../../adapters/postgres/pipelines/pipeline-store.ts'
import { storeLogs } from '../../../adapters/postgres/tasks/claim-store.ts'
import { toRefusal } from '../../../adapters/postgres/windows/step-refusal.ts'
import { settleStep } from '../../../adapters/postgres/windows/step-settlement.ts'
import type { StepOutcome } from '../../../adapters/postgres/windows/window-step.ts'
import type { SettledAttempt } from '../../../ledger/tasks/settlement.ts'
import type { AttemptOutcome, ClaimedTask, FaultCode } from '../../../ledger/tasks/task.ts'
import type { FileDeclaration } from '../../../pipelines/declaration/task-declaration.ts'
import { FileFault } from '../../../pipelines/files/file-fault.ts'
import { sleep } from '../../../runtime/retry.ts'
import { untilDone } from '../../tasks/run-window.ts'
import { FileChangedError, hashFile, loadFile } from './load-file.ts'
import type { FileToLoad } from './load-file.ts'

export type FileRunOptions = {
  readonly declaration: FileDeclaration
  readonly store: ObjectStore
  readonly files: FileStore
  /** Connections for long transactions. */
  readonly pool: Pool
  /** Separate connections to cancel statements. */
  readonly cancelPool: Pool
  /** The id of the worker. */
  readonly worker: number
  readonly cancel: AbortSignal
  readonly onProgress: (fraction: number) => void
  readonly addLogLine: (line: string) => void
}

type Attempt = AttemptOutcome | SettledAttempt

/** A file that is written in place is complete if it does not change for this time. */
export const settledAfterMs = 1_000

/** The file has the content of one that was loaded before. Nothing of it is stored. */
class RepeatedError extends Error {
  readonly sha256: Buffer
  readonly first: string
  constructor(sha256: Buffer, first: string) {
    super()
    this.sha256 = sha256
    this.first = first
  }
}

/**
 * Runs one attempt to load a file. Rows, dead letters and the state of the task are stored in one transaction. It
 * waits until an outage ends. It always resolves.
 */
export async function runFile(task: ClaimedTask, options: FileRunOptions): Promise<Attempt> {
  const { declaration, cancel } = options
  return untilDone({ timeoutMs: declaration.timeoutMs, cancel }, async (signal) => {
    const run = new FileRun(task, { ...options, cancel: signal })
    return run.attempt()
  })
}

class FileRun {
  readonly #task: ClaimedTask
  readonly #options: FileRunOptions

  constructor(task: ClaimedTask, options: FileRunOptions) {
    this.#task = task
    this.#options = options
  }

  async attempt(): Promise<Attempt> {
    const { files, store } = this.#options
    const file = await files.ofTask(this.#task.id)
    if (file === undefined)
      return failed('bad-params', 'Tasks of this pipeline come only from files of the bucket.')
    const object = await store.find(file.place)
    if (object === undefined)
      return failed(
        'file-missing',
        `The file ${shown(file.place)} was removed before it was loaded.`,
      )
    if (object.etag !== file.etag && !(await this.#hasSettled(file, object))) return givenBack
    try {
      return await this.#load(file, object)
    } catch (error) {
      // The next attempt waits until the file does not change any more.
      if (error instanceof FileChangedError) return givenBack
      if (error instanceof FileFault) return failed('bad-file', error.message)
      if (isForbidden(error)) {
        // Rejects if the whole bucket cannot be read now, which is an outage.
        await store.find(file.place)
        const hint =
          'Allow its user to read the file, for example with chmod a+r, and retry the task.'
        return failed('bad-file', `The worker may not read ${shown(file.place)}. ${hint}`)
      }
      const refusal = toRefusal(error)
      if (refusal === undefined) throw error
      return failed('refused-by-database', `The database refused the file: ${refusal}`)
    }
  }

  /** Checks a file again that has changed since it was found. @returns false if it is still changing */
  async #hasSettled(file: FileOfTask, object: StoredObject): Promise<boolean> {
    const { store, files, cancel } = this.#options
    await sleep(settledAfterMs, cancel)
    cancel.throwIfAborted()
    if ((await store.find(file.place))?.etag !== object.etag) return false
    await files.noteChange(file.id, object)
    return true
  }

  async #load(file: FileOfTask, object: StoredObject): Promise<Attempt> {
    const { declaration, store, pool, cancel, onProgress } = this.#options
    const logLines: string[] = []
    const addLogLine = (line: string): void => {
      logLines.push(line)
      this.#options.addLogLine(line)
    }
    const toLoad: FileToLoad = {
      ...{
        declaration,
        store,
        object,
        task: this.#task.id,
        signal: cancel,
        onProgress,
        addLogLine,
      },
    }
    const content = { pipeline: declaration.name, file: file.id, size: object.size }
    const isSkipped = declaration.source.onRepeat === 'skip'
    if (isSkipped && (await mayBeLoaded(pool, content))) {
      const sha256 = await hashFile(toLoad)
      const first = await findLoaded(pool, content, sha256)
      if (first !== undefined) return this.#settleRepeated(file, { sha256, first })
    }
    try {
      return await this.#settle(async (client) => {
        logLines.length = 0
        const { stored, ...loaded } = await loadFile(client, toLoad)
        const { sha256 } = loaded
        if (isSkipped) {
          await lockContent(client, declaration.name, sha256)
          const first = await findLoaded(client, content, sha256)
          if (first !== undefined) throw new RepeatedError(sha256, first)
        }
        if (logLines.length > 0) await storeLogs(client, [{ id: this.#task.id, logLines }])
        await noteLoaded(client, file.id, { ...loaded, detail: null })
        return { kind: 'written', rows: stored }
      })
    } catch (error) {
      if (error instanceof RepeatedError) return this.#settleRepeated(file, error)
      throw error
    }
  }

  #settleRepeated(
    file: FileOfTask,
    { sha256, first }: Pick<RepeatedError, 'sha256' | 'first'>,
  ): Promise<Attempt> {
    const detail = `The same content was loaded before, from ${shown(first)}.`
    return this.#settle(async (client) => {
      await noteLoaded(client, file.id, { sha256, lines: 0, rejected: 0, detail })
      return { kind: 'written', rows: 0 }
    })
  }

  async #settle(work: (client: Transaction) => Promise<StepOutcome>): Promise<Attempt> {
    const { pool, cancelPool, cancel, worker } = this.#options
    const settled = await settleStep(pool, {
      ...{ task: this.#task, window: undefined, isComputedBefore: false },
      ...{ worker, cancelPool, cancel, work },
    })
    if ('refusal' in settled) return failed('refused-by-database', settled.refusal)
    return { kind: 'settled', settled }
  }
}

const givenBack: Attempt = { kind: 'given-back' }

const isForbidden = (error: unknown): boolean =>
  ['EACCES', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')

function failed(code: FaultCode, message: string): AttemptOutcome {
  return { kind: 'failed', fault: { code, message, stack: undefined } }
}

/** A path for messages: control characters are escaped. */
const shown = (path: string): string => JSON.stringify(path)
