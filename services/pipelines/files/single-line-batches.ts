import { binaryForm } from '../../ledger/copy/copy-form.ts'
import { BatchBuilder } from './batch-builder.ts'
import { encodeValues } from './encode-values.ts'
import type { BatchedLines, FileLine, FileLines, LineBatch, LineOptions } from './lines.ts'

/** The largest number of lines in a batch, and about how many bytes of the file it has. */
const [maxLines, maxBytes] = [4_000, 262_144]

/** Batches of lines that are read one by one. They are kept, because they may have to be read again. */
export class SingleLineBatches implements BatchedLines {
  readonly #lines: FileLines
  readonly #options: LineOptions

  constructor(lines: FileLines, options: LineOptions) {
    this.#lines = lines
    this.#options = options
  }

  push(chunk: Uint8Array): void {
    this.#lines.push(chunk)
  }

  end(): void {
    this.#lines.end()
  }

  next(): FileLine | undefined {
    return this.#lines.next()
  }

  nextBatch(): LineBatch | undefined {
    const batch = new BatchBuilder(binaryForm)
    const lines: FileLine[] = []
    let bytes = 0
    while (lines.length < maxLines && bytes < maxBytes) {
      const line = this.#lines.next()
      if (line === undefined) break
      lines.push(line)
      bytes += line.end - line.begin
      batch.add(line.kind === 'refused' ? line : this.#encodedOf(line))
    }
    return lines.length === 0 ? undefined : batch.build(bytes, () => lines)
  }

  #encodedOf({ row, offset }: Extract<FileLine, { kind: 'row' }>) {
    return row.encoded ?? encodeValues(this.#options, row.values, offset)
  }
}
