import type { FileStore } from '../../adapters/postgres/files/file-store.ts'

/** The number is written at most once in this time. */
const intervalMs = 1_000

/** Shows how many lines of a file were read. The number is only for users, so a failed write is ignored. */
export class LineProgress {
  readonly #files: Pick<FileStore, 'recordLines'>
  readonly #task: number
  #nextMs = performance.now() + intervalMs
  #isWriting = false

  constructor(files: Pick<FileStore, 'recordLines'>, task: number) {
    this.#files = files
    this.#task = task
  }

  note(lines: number): void {
    const nowMs = performance.now()
    if (this.#isWriting || nowMs < this.#nextMs) return
    this.#isWriting = true
    this.#nextMs = nowMs + intervalMs
    this.#files
      .recordLines(this.#task, lines)
      .catch(() => undefined)
      .finally(() => {
        this.#isWriting = false
      })
  }
}
