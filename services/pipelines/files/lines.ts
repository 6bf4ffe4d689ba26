import type { RowEncoder } from '../../ledger/row-encoder.ts'
import type { FileStep } from '../declaration/task-declaration.ts'
import type { DeclaredRow } from '../decode/decode-record.ts'
import type { LineBytes } from './delimited-line.ts'

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

/** How the rows of a file are made. */
export type LineOptions = {
  readonly step: FileStep
  /** The position of the rows: the id of the task. */
  readonly task: number
  /** Whether the table has columns with the position of a row. */
  readonly hasPosition: boolean
  /** Encodes rows of the table. */
  readonly encoder: RowEncoder
}

/** The longest line, in bytes. */
export const maxLineBytes = 1_048_576

/** A column, and the index of its field in a line. */
export type FieldColumn = { readonly column: FileStep['columns'][number]; readonly field: number }
