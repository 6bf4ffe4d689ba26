import type { CopyForm } from '../../../ledger/copy/copy-form.ts'
import { binaryForm } from '../../../ledger/copy/copy-form.ts'
import { BatchBuilder } from '../batch-builder.ts'
import type { ScannedLine } from './delimited-scanner.ts'
import { DelimitedScanner } from './delimited-scanner.ts'
import type { EncodedRow } from '../../../ledger/table-schema.ts'
import type { FileLine, LineBatch, LineOptions, RefusedLine } from '../lines.ts'
import { maxLineBytes } from '../lines.ts'
import type { Format, Layout } from './layout.ts'
import { LineDecoder } from './line-decoder.ts'
import { PlainLines } from './plain-lines.ts'

/** About how many bytes of the file a batch has. */
const batchBytes = 262_144
/** How many lines are decoded after a line that Postgres would read in another way. Then lines are sent as they are again. */
const firstDecodedLines = 1_000
const decodedLinesFactor = 4

type Options = {
  readonly options: LineOptions
  readonly format: Format
  readonly layout: Layout
}

/** What the first scan of a batch has found. */
type FirstScan = { readonly firstLine: number; readonly refused: readonly RefusedLine[] }

/**
 * Lines of a delimited file in batches. If Postgres reads a line as `LineDecoder` does, its bytes are sent as they
 * are. After a line that it reads in another way, lines are decoded for a while.
 */
export class DelimitedBatches {
  readonly #scanner: DelimitedScanner
  readonly #decoder: LineDecoder
  readonly #options: Options
  readonly #plainLines: PlainLines | undefined
  /** A line that was scanned and is in no batch yet. */
  #held: ScannedLine | undefined
  /** Lines with lower numbers are decoded. */
  #plainFrom = 0
  #decodedLines = firstDecodedLines

  constructor(scanner: DelimitedScanner, decoder: LineDecoder, options: Options) {
    this.#scanner = scanner
    this.#decoder = decoder
    this.#options = options
    this.#plainLines = PlainLines.create(options)
  }

  /** Undefined if more bytes are needed, or at the end. */
  next(): LineBatch | undefined {
    const first = this.#take()
    if (first === undefined) return undefined
    const form = this.#formOf(first)
    const { bytes, begin, line: firstLine } = first
    const batch = new BatchBuilder(form)
    let end = begin
    for (let line: ScannedLine | undefined = first; line !== undefined; line = this.#take()) {
      const row = this.#rowOf(line, form)
      if (row === undefined) {
        this.#held = line
        break
      }
      batch.add(row)
      end = line.next
      if (end - begin >= batchBytes) break
    }
    if (end === begin) return this.next()
    return batch.build(end - begin, (refused) =>
      this.#again(bytes.subarray(begin, end), { firstLine, refused }),
    )
  }

  /** The next line that is not empty. */
  #take(): ScannedLine | undefined {
    const held = this.#held
    this.#held = undefined
    if (held !== undefined) return held
    for (;;) {
      const line = this.#scanner.next()
      if (line === undefined || line.begin < line.end) return line
    }
  }

  #formOf(first: ScannedLine): CopyForm {
    if (this.#plainLines === undefined || first.line < this.#plainFrom) return binaryForm
    return this.#plainLines.formOf(first)
  }

  /** Undefined if the line is a row that cannot be sent as it is. */
  #rowOf(line: ScannedLine, form: CopyForm): EncodedRow | RefusedLine | undefined {
    if (form.kind === 'binary') return this.#decoder.encode(line)
    const { bytes, begin, next: end } = line
    if (this.#plainLines?.isPlain(line, form) === true) return { bytes, begin, end }
    const decoded = this.#decoder.encode(line)
    if ('kind' in decoded) return decoded
    this.#plainFrom = line.line + this.#decodedLines
    this.#decodedLines *= decodedLinesFactor
    return undefined
  }

  /** Refused lines stay as they are: the fault of a quote may depend on bytes after the batch. */
  *#again(bytes: Uint8Array, { firstLine, refused }: FirstScan): Generator<FileLine> {
    const { options, format, layout } = this.#options
    const decoder = new LineDecoder(options, format, layout)
    const scanner = new DelimitedScanner(format, maxLineBytes, firstLine)
    const refusedLines = new Map(refused.map((line) => [line.offset, line]))
    scanner.push(bytes)
    scanner.end()
    for (let line = scanner.next(); line !== undefined; line = scanner.next())
      if (line.begin < line.end) yield refusedLines.get(line.line) ?? decoder.decode(line)
  }
}
