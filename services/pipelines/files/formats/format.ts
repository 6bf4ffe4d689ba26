import type { Encoding } from '../content/encoding.ts'

/**
 * A format whose records are read as JSON objects, one per line. A new format is a file in this folder and a line in
 * `formats.ts`.
 */
export type ObjectFormat = TextFormat | RangedFormat

/** A format that is read from its beginning to its end. */
type TextFormat = {
  readonly kind: 'text'
  /** The encoding that the beginning of the text names. @throws FileFault for one that cannot be read */
  readonly namedBy?: (start: Uint8Array) => Encoding | undefined
  /**
   * @param text in UTF-8, which is not checked
   * @returns one JSON value per line, without empty lines
   * @throws FileFault
   */
  readonly toLines: (text: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>
}

/** A format whose parts are read by their places. */
type RangedFormat = {
  readonly kind: 'ranges'
  /**
   * @returns one JSON object per line
   * @throws FileFault
   */
  readonly toLines: (file: RangedFile, fields: FieldsToRead) => AsyncIterable<Uint8Array>
}

/** @member isComplete whether a file with other fields is refused */
export type FieldsToRead = { readonly names: readonly string[]; readonly isComplete: boolean }

/** A file of which any part can be read. */
export type RangedFile = {
  /** In bytes. */
  readonly size: number
  /** @param end exclusive */
  readonly read: (begin: number, end: number) => Promise<Uint8Array>
}
