import type { ColumnValue } from '../table-schema.ts'

const maxUtf8Bytes = 3

/** The largest number of bytes that the text of a value can have. */
export const encodedBytesOf = (value: ColumnValue | undefined): number =>
  typeof value === 'string' ? maxUtf8Bytes * value.length : 0
