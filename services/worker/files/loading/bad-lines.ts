import type { LineLetter } from '../../../adapters/postgres/files/line-writer.ts'
import type { FileStep } from '../../../pipelines/declaration/task-declaration.ts'
import { FileFault } from '../../../pipelines/files/file-fault.ts'

/** How many bad lines the log of the task shows at most. */
const maxShown = 100

/** Counts the lines of a file that become dead letters. */
export class BadLines {
  readonly #step: Pick<FileStep, 'onBadLine' | 'rejectLimit'>
  readonly #addLogLine: (line: string) => void
  #count = 0
  #first: LineLetter | undefined

  constructor(
    step: Pick<FileStep, 'onBadLine' | 'rejectLimit'>,
    addLogLine: (line: string) => void,
  ) {
    this.#step = step
    this.#addLogLine = addLogLine
  }

  get count(): number {
    return this.#count
  }

  /** @throws FileFault if there are more than the declaration allows */
  add(letters: readonly LineLetter[]): void {
    for (const letter of letters) {
      this.#first ??= letter
      this.#count += 1
      if (this.#count <= maxShown) this.#addLogLine(describe(letter))
    }
    const { onBadLine, rejectLimit } = this.#step
    if (this.#count <= rejectLimit || this.#first === undefined) return
    if (onBadLine === 'fail') {
      throw new FileFault(
        `${describe(this.#first)} Nothing was loaded, because on_bad_line is "fail".`,
      )
    }
    throw new FileFault(
      `The file has more than ${rejectLimit} bad lines (reject_limit), so nothing was loaded. The first one: ${describe(this.#first)}`,
    )
  }
}

const describe = ({ line, detail }: LineLetter): string => `Line ${line}: ${detail}`
