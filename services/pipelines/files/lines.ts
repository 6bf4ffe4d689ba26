import type { CopyForm } from '../../ledger/copy/copy-form.ts'
import type { RowEncoder } from '../../ledger/copy/row-encoder.ts'
import type { FileStep } from '../declaration/task-declaration.ts'
import type { DeclaredRow } from '../decode/decode-record.ts'
import type { LineBytes } from './delimited/delimited-line.ts'

/** A line of a file that becomes a row. */
export type RowLine = LineBytes & { readonly kind: 'row'; readonly row: DeclaredRow }

/** A line that becomes a dead letter. */
export type RefusedLine = LineBytes & {
  readonly kind: 'refused'
  /** The reason as a code for programs, e.g. `wrong-type`. */
  readonly code: string
  /** The reason as a sentence for people. */
  readonly detail: string
}

export type FileLine = RowLine | RefusedLine

/** Lines that follow each other in a file, with their rows as `COPY` reads them. */
export type LineBatch = {
  /** Batches that can be sent with the same `COPY` have the same form. */
  readonly form: CopyForm
  /** The number of rows. */
  readonly rows: number
  /** The rows, in their order. */
  readonly encoded: readonly Uint8Array[]
  readonly refused: readonly RefusedLine[]
  /** How many bytes of the file it has. */
  readonly bytes: number
  /** Reads the lines again, one after another. */
  readonly again: () => Iterable<FileLine>
}

/** Divides the bytes of a file into lines, and makes a row of each. Empty lines are left out. */
export interface FileLines {
  /** Adds the next bytes of the file. Call it when `next` has returned undefined. */
  push(chunk: Uint8Array): void
  /** Call it when all bytes were pushed. */
  end(): void
  /**
   * The next line; undefined if more bytes are needed, or at the end.
   *
   * @throws FileFault
   */
  next(): FileLine | undefined
}

/** Lines that are read in batches. A file is read either with `next` or with `nextBatch`. */
export interface BatchedLines extends FileLines {
  /**
   * The next lines; undefined if more bytes are needed, or at the end.
   *
   * @throws FileFault
   */
  nextBatch(): LineBatch | undefined
}

/** How the rows of a file are made. */
export type LineOptions = {
  readonly step: FileStep
  /** The position of the rows: the id of the task. */
  readonly task: number
  /** Whether the table has columns with the position of a row. */
  readonly hasPosition: boolean
  /** Encodes rows of the table. */
  readonly encoder: RowEncoder
  /** Whether all lines are decoded. If not, lines that Postgres reads in the same way are sent as they are. */
  readonly decodesAll?: boolean
}

/** The longest line, in bytes. */
export const maxLineBytes = 1_048_576

/** A column, and the index of its field in a line. */
export type FieldColumn = { readonly column: FileStep['columns'][number]; readonly field: number }
