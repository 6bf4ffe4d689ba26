import { DelimitedLines } from './delimited-lines.ts'
import { FileFault } from './file-fault.ts'
import { JsonLines } from './json-lines.ts'
import type { FileLine, FileLines, LineOptions } from './lines.ts'

/** The lines of a file of the declared format. */
export function createFileLines(options: LineOptions): FileLines {
  const { format } = options.step
  const lines =
    format.kind === 'ndjson' ? new JsonLines(options) : new DelimitedLines(options, format)
  return new WithoutMark(lines)
}

const mark = [0xef, 0xbb, 0xbf]
/** The first bytes of files that are not UTF-8 text, and what these files are. */
const signatures: readonly (readonly [bytes: readonly number[], what: string])[] = [
  [[0xff, 0xfe], 'text in UTF-16'],
  [[0xfe, 0xff], 'text in UTF-16'],
  [[0x1f, 0x8b], 'compressed with gzip'],
  [[0x50, 0x4b, 0x03, 0x04], 'a ZIP archive, e.g. an Excel workbook'],
  [[0x28, 0xb5, 0x2f, 0xfd], 'compressed with Zstandard'],
]
const signatureBytes = 4

/** Removes the byte order mark of UTF-8, and refuses files that are not UTF-8 text. */
class WithoutMark implements FileLines {
  readonly #lines: FileLines
  #start: Uint8Array | undefined = new Uint8Array(0)

  constructor(lines: FileLines) {
    this.#lines = lines
  }

  push(chunk: Uint8Array): void {
    if (this.#start === undefined) {
      this.#lines.push(chunk)
      return
    }
    const bytes = new Uint8Array(this.#start.length + chunk.length)
    bytes.set(this.#start)
    bytes.set(chunk, this.#start.length)
    this.#start = bytes
    if (bytes.length >= signatureBytes) this.#begin()
  }

  end(): void {
    this.#begin()
    this.#lines.end()
  }

  next(): FileLine | undefined {
    return this.#lines.next()
  }

  #begin(): void {
    const bytes = this.#start
    if (bytes === undefined) return
    this.#start = undefined
    const begins = (signature: readonly number[]): boolean =>
      signature.every((byte, index) => bytes[index] === byte)
    const found = signatures.find(([signature]) => begins(signature))
    if (found !== undefined)
      throw new FileFault(
        `The file is ${found[1]}; this version reads text in UTF-8 only. Convert the file and drop it again.`,
      )
    this.#lines.push(begins(mark) ? bytes.subarray(mark.length) : bytes)
  }
}
