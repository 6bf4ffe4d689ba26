import type { SettledAttempt } from '../../../ledger/tasks/settlement.ts'
import type { AttemptOutcome, ClaimedTask } from '../../../ledger/tasks/task.ts'
import { giveBack } from '../../../tasks/handlers/running/pool-call.ts'
import { loadGroup } from './load-group.ts'
import type { FileRunOptions } from './run-file.ts'
import { runFile } from './run-file.ts'

type Attempt = AttemptOutcome | SettledAttempt

type Shared = Pick<FileRunOptions, 'store' | 'files' | 'pool'>

export type LoadOptions = Omit<FileRunOptions, keyof Shared> & {
  /** Called when the attempt begins. @param together how many files are loaded as one */
  readonly onBegin: (together?: number) => void
  /** Called when an attempt that has begun waits again. */
  readonly onWait: () => void
}

type Entry = {
  readonly task: ClaimedTask
  readonly options: LoadOptions
  readonly end: (attempt: Attempt) => void
  /** Set if it cannot be loaded with others. */
  isSingle: boolean
}

/** The largest number of files that are loaded in one transaction. */
const maxTogether = 50

/**
 * The files of a pipeline that this worker loads, at most `concurrency` groups at the same time. Small files are
 * loaded in groups. A file that cannot be loaded with the others of its group is loaded separately after them.
 */
export class FileQueue {
  readonly #shared: Shared
  readonly #waiting: Entry[] = []
  #running = 0

  constructor(shared: Shared) {
    this.#shared = shared
  }

  /** Runs one attempt. It always resolves, and soon after `cancel` has aborted. */
  run(task: ClaimedTask, options: LoadOptions): Promise<Attempt> {
    return new Promise((resolve) => {
      const { cancel } = options
      const onAbort = (): void => {
        this.#endIfCanceled(entry)
      }
      const end = (attempt: Attempt): void => {
        cancel.removeEventListener('abort', onAbort)
        resolve(attempt)
      }
      // Files of such a pipeline are moved before they are loaded.
      const isSingle = options.declaration.source.processing !== undefined
      const entry: Entry = { task, options, end, isSingle }
      this.#waiting.push(entry)
      cancel.addEventListener('abort', onAbort)
      onAbort()
      // All tasks of a claim are added before the first group begins.
      queueMicrotask(() => {
        this.#startNext()
      })
    })
  }

  #startNext(): void {
    for (;;) {
      const [first] = this.#waiting
      if (first === undefined || this.#running >= first.options.declaration.concurrency) return
      const group = this.#waiting.splice(0, this.#sizeOfNext(first))
      this.#running += 1
      void this.#work(group).finally(() => {
        this.#running -= 1
        this.#startNext()
      })
    }
  }

  /** Only files of the same declaration are loaded together: it may have changed between two claims. */
  #sizeOfNext({ isSingle, options: { declaration } }: Entry): number {
    if (isSingle) return 1
    const end = this.#waiting.findIndex(
      (each) => each.isSingle || each.options.declaration !== declaration,
    )
    return Math.min(maxTogether, end === -1 ? this.#waiting.length : end)
  }

  async #work(group: readonly Entry[]): Promise<void> {
    const [first, ...others] = group
    if (first === undefined) return
    if (others.length === 0) return this.#runOne(first)
    for (const { options } of group) options.onBegin(group.length)
    const settled = await this.#loadTogether(group)
    const left = group.filter(({ task, end }) => {
      const found = settled.get(task.id)
      if (found !== undefined) end({ kind: 'settled', settled: found })
      return found === undefined
    })
    for (const entry of left) {
      entry.isSingle = true
      entry.options.onWait()
    }
    this.#waiting.unshift(...left)
    // Those that were canceled while their group was loaded.
    for (const entry of left) this.#endIfCanceled(entry)
  }

  async #runOne({ task, options, end }: Entry): Promise<void> {
    options.onBegin()
    end(await runFile(task, { ...options, ...this.#shared }))
  }

  async #loadTogether(group: readonly Entry[]) {
    const { declaration, cancelPool, worker } = (group[0] as Entry).options
    const end = new AbortController()
    const abort = (): void => {
      end.abort()
    }
    for (const { options } of group) options.cancel.addEventListener('abort', abort)
    if (group.some(({ options }) => options.cancel.aborted)) abort()
    try {
      const settled = await loadGroup(
        group.map(({ task }) => task),
        { ...this.#shared, declaration, cancelPool, worker, cancel: end.signal },
      )
      return new Map(settled.map((each) => [each.id, each]))
    } finally {
      for (const { options } of group) options.cancel.removeEventListener('abort', abort)
    }
  }

  /** Ends an attempt that waits and was canceled. */
  #endIfCanceled(entry: Entry): void {
    const { cancel } = entry.options
    const index = this.#waiting.indexOf(entry)
    if (!cancel.aborted || index === -1) return
    this.#waiting.splice(index, 1)
    entry.end({ kind: cancel.reason === giveBack ? 'given-back' : 'canceled' })
  }
}
