import type { CopyForm } from '../../ledger/copy/copy-form.ts'
import type { EncodedRow } from '../../ledger/table-schema.ts'
import type { FileLine, LineBatch, RefusedLine } from './lines.ts'

/** Collects rows that follow each other. Rows that are neighbors in the same bytes become one piece. */
export class BatchBuilder {
  readonly #form: CopyForm
  readonly #pieces: Uint8Array[] = []
  readonly #refused: RefusedLine[] = []
  #rows = 0
  #bytes: Uint8Array | undefined
  #begin = 0
  #end = 0

  constructor(form: CopyForm) {
    this.#form = form
  }

  /** The number of lines that were added. */
  get lines(): number {
    return this.#rows + this.#refused.length
  }

  add(row: EncodedRow | RefusedLine): void {
    if ('kind' in row) {
      this.#refused.push(row)
      return
    }
    this.#rows += 1
    if (row.bytes !== this.#bytes || row.begin !== this.#end) {
      this.#endPiece()
      this.#bytes = row.bytes
      this.#begin = row.begin
    }
    this.#end = row.end
  }

  /** @param again reads the lines again; it is given those that were refused */
  build(bytes: number, again: (refused: readonly RefusedLine[]) => Iterable<FileLine>): LineBatch {
    this.#endPiece()
    const [form, rows, encoded, refused] = [this.#form, this.#rows, this.#pieces, this.#refused]
    return { form, rows, encoded, refused, bytes, again: () => again(refused) }
  }

  #endPiece(): void {
    if (this.#bytes !== undefined) this.#pieces.push(this.#bytes.subarray(this.#begin, this.#end))
    this.#bytes = undefined
  }
}
