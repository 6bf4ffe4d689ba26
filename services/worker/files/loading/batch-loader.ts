import type { LineLetter, LineWriter } from '../../../adapters/postgres/files/line-writer.ts'
import type { SpanRefusal, SpanWriter } from '../../../adapters/postgres/files/span-writer.ts'
import type { DeclaredRow } from '../../../pipelines/decode/decode-record.ts'
import type { LineBatch, RefusedLine, RowLine } from '../../../pipelines/files/lines.ts'
import type { BadLines } from './bad-lines.ts'

/** About the largest number of bytes of the file in a span. They are kept until the span is stored. */
const maxSpanBytes = 8_388_608
/** The limit after a span that the database has refused. Each span that is stored doubles it. */
const leastSpanBytes = 262_144
/** The size of the parts in which lines are written after a refusal. */
const partLines = 4_000
const partBytes = 262_144
/** A span ends when it has this many bad lines. */
const maxLetters = 4_000

export type LoadCounts = {
  readonly lines: number
  readonly stored: number
  readonly rejected: number
}

/**
 * Writes the lines of a file. Batches of the same form are sent with one `COPY`: a span. If the database refuses a row
 * of a span, its lines are read again and written in small parts, so that only bad lines become dead letters.
 */
export class BatchLoader {
  readonly #spanWriter: SpanWriter<DeclaredRow>
  readonly #lineWriter: LineWriter<DeclaredRow>
  readonly #badLines: BadLines
  #span: LineBatch[] = []
  #spanBytes = 0
  #limit = maxSpanBytes
  #letters: LineLetter[] = []
  /** Whether a key of the file was in the table: then all further lines are written by the conflict rule. */
  #isMerged = false
  #lines = 0
  #stored = 0

  constructor(
    spanWriter: SpanWriter<DeclaredRow>,
    lineWriter: LineWriter<DeclaredRow>,
    badLines: BadLines,
  ) {
    this.#spanWriter = spanWriter
    this.#lineWriter = lineWriter
    this.#badLines = badLines
  }

  get counts(): LoadCounts {
    return { lines: this.#lines, stored: this.#stored, rejected: this.#badLines.count }
  }

  /** @throws FileFault if there are too many bad lines */
  async add(batch: LineBatch): Promise<void> {
    this.#lines += batch.rows + batch.refused.length
    if (this.#span[0]?.form !== batch.form) await this.end()
    if (this.#isMerged) return this.#writeLines([batch])
    this.#span.push(batch)
    this.#spanBytes += batch.bytes
    this.#letters.push(...batch.refused.map(toLetter))
    if (batch.rows > 0) {
      const refusal = await this.#spanWriter.write(batch.form, batch.encoded)
      if (refusal !== undefined) return this.#writeSpanAgain(refusal)
    }
    if (this.#spanBytes >= this.#limit || this.#letters.length >= maxLetters) await this.end()
  }

  /** Ends the current span. */
  async end(): Promise<void> {
    if (this.#span.length === 0) return
    const rows = this.#span.reduce((sum, batch) => sum + batch.rows, 0)
    const refusal = rows === 0 ? undefined : await this.#spanWriter.end(rows)
    if (refusal !== undefined) return this.#writeSpanAgain(refusal)
    this.#stored += rows
    const letters = this.#letters
    this.#clear()
    this.#limit = Math.min(maxSpanBytes, 2 * this.#limit)
    await this.#lineWriter.insertLetters(letters)
    this.#badLines.add(letters)
  }

  #clear(): void {
    this.#span = []
    this.#spanBytes = 0
    this.#letters = []
  }

  async #writeSpanAgain(refusal: SpanRefusal): Promise<void> {
    const span = this.#span
    this.#clear()
    this.#limit = leastSpanBytes
    this.#isMerged = refusal === 'key-taken'
    await this.#writeLines(span)
  }

  async #writeLines(batches: readonly LineBatch[]): Promise<void> {
    let part = new Part()
    for (const batch of batches) {
      for (const line of batch.again()) {
        part.add(line)
        if (!part.isFull) continue
        await this.#writePart(part)
        part = new Part()
      }
    }
    await this.#writePart(part)
  }

  async #writePart({ rows, letters }: Part): Promise<void> {
    if (rows.length + letters.length === 0) return
    const written = await this.#lineWriter.write({ rows, letters })
    this.#stored += written.stored
    this.#badLines.add(written.letters)
  }
}

/** Lines that are written together. */
class Part {
  readonly rows: RowLine[] = []
  readonly letters: LineLetter[] = []
  #bytes = 0

  get isFull(): boolean {
    return this.rows.length + this.letters.length >= partLines || this.#bytes >= partBytes
  }

  add(line: RowLine | RefusedLine): void {
    this.#bytes += line.end - line.begin
    if (line.kind === 'row') this.rows.push(line)
    else this.letters.push(toLetter(line))
  }
}

function toLetter({ offset, code, detail, bytes, begin, end }: RefusedLine): LineLetter {
  return { line: offset, code, detail, text: bytes.subarray(begin, end) }
}
