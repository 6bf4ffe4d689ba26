import type { ObjectStore, StoredObject } from '../../../adapters/objects/object-store.ts'
import type { FileOfTask, FileStore } from '../../../adapters/postgres/files/file-store.ts'
import {
  findLoaded,
  lockContent,
  mayBeLoaded,
  recordLoaded,
} from '../../../adapters/postgres/files/loaded-content.ts'
import type { Transaction } from '../../../adapters/postgres/pipelines/pipeline-store.ts'
import { storeLogs } from '../../../adapters/postgres/tasks/claim-store.ts'
import type { StepOutcome } from '../../../adapters/postgres/windows/window-step.ts'
import type { SettledAttempt } from '../../../ledger/tasks/settlement.ts'
import type { AttemptOutcome, ClaimedTask } from '../../../ledger/tasks/task.ts'
import type { FileDeclaration } from '../../../pipelines/declaration/task-declaration.ts'
import { untilDone } from '../../tasks/run-window.ts'
import { hashFile } from './file-content.ts'
import { findFile, toOutcome } from './find-file.ts'
import { loadFile } from './load-file.ts'
import { LineProgress } from '../line-progress.ts'
import type { FileToLoad } from './load-file.ts'
import type { SettleOptions } from './settle-file.ts'
import { RepeatedError, settleFile, settleRepeated } from './settle-file.ts'

export type FileRunOptions = SettleOptions & {
  readonly declaration: FileDeclaration
  readonly store: ObjectStore
  readonly files: FileStore
  readonly onProgress: (fraction: number) => void
  readonly addLogLine: (line: string) => void
}

type Attempt = AttemptOutcome | SettledAttempt

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
    const found = await findFile(this.#task, this.#options)
    if ('kind' in found) return found
    try {
      return await this.#load(found.file, found.object)
    } catch (error) {
      return toOutcome(error, found.file, this.#options)
    }
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
      lineProgress: new LineProgress(this.#options.files, this.#task.id),
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
        await recordLoaded(client, file.id, { ...loaded, detail: null })
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
    return settleRepeated(this.#task, this.#options, { file, sha256, first })
  }

  #settle(work: (client: Transaction) => Promise<StepOutcome>): Promise<Attempt> {
    return settleFile(this.#task, this.#options, work)
  }
}
