/** The fields of a row as the database reads them. The bytes may also hold other rows. */
export type EncodedRow = {
  readonly bytes: Uint8Array
  readonly begin: number
  /** Exclusive. */
  readonly end: number
}
