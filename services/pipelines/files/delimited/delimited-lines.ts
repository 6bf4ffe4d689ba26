import { DelimitedBatches } from './delimited-batches.ts'
import { emptyFaultOf, layoutOfColumns, layoutOfHeader } from './layout.ts'
import type { Format, Layout } from './layout.ts'
import { LineDecoder } from './line-decoder.ts'
import { DelimitedScanner } from './delimited-scanner.ts'
import { FileFault } from '../file-fault.ts'
import type { BatchedLines, FileLine, LineBatch, LineOptions } from '../lines.ts'
import { maxLineBytes } from '../lines.ts'

/** The lines of a delimited file, e.g. CSV. */
export class DelimitedLines implements BatchedLines {
  readonly #options: LineOptions
  readonly #format: Format
  readonly #scanner: DelimitedScanner
  #decoder: LineDecoder | undefined
  #batches: DelimitedBatches | undefined
  #isEnded = false

  constructor(options: LineOptions, format: Format) {
    this.#options = options
    this.#format = format
    this.#scanner = new DelimitedScanner(format, maxLineBytes)
    if (!format.hasHeader) this.#begin(layoutOfColumns(options.step))
  }

  push(chunk: Uint8Array): void {
    this.#scanner.push(chunk)
  }

  end(): void {
    this.#isEnded = true
    this.#scanner.end()
  }

  next(): FileLine | undefined {
    const decoder = this.#decoder ?? this.#readHeader()
    if (decoder === undefined) return undefined
    for (;;) {
      const line = this.#scanner.next()
      if (line === undefined) return undefined
      if (line.begin < line.end) return decoder.decode(line)
    }
  }

  nextBatch(): LineBatch | undefined {
    if (this.#decoder === undefined && this.#readHeader() === undefined) return undefined
    return this.#batches?.next()
  }

  #begin(layout: Layout): LineDecoder {
    const [options, format] = [this.#options, this.#format]
    const decoder = new LineDecoder(options, format, layout)
    this.#decoder = decoder
    this.#batches = new DelimitedBatches(this.#scanner, decoder, { options, format, layout })
    return decoder
  }

  /** @returns undefined if more bytes are needed */
  #readHeader(): LineDecoder | undefined {
    const { step } = this.#options
    for (;;) {
      const line = this.#scanner.next()
      if (line === undefined) {
        if (this.#isEnded) throw new FileFault(emptyFaultOf(step))
        return undefined
      }
      if (line.begin < line.end) return this.#begin(layoutOfHeader(line, step, this.#format))
    }
  }
}
