import type { PageHeader } from 'hyparquet'
import { parquetHeader } from 'hyparquet/src/column.js'
import { FileFault } from '../../file-fault.ts'
import type { ColumnOfFile } from './check-prefixes.ts'
import { checkPrefixes } from './check-prefixes.ts'

/**
 * The library makes lists of as many values as the header of a page says, and a few bytes can stand for any number of
 * equal values. A page is decoded as a whole.
 */
const maxPageValues = 4_194_304
/** Pages of lists and structures are decoded together. */
const maxNestedValues = 16_777_216
/** Those that the library reads. GROUP_VAR_INT and BIT_PACKED are deprecated. */
const readableEncodings: ReadonlySet<string | undefined> = new Set([
  ...['PLAIN', 'PLAIN_DICTIONARY', 'RLE', 'RLE_DICTIONARY', 'BYTE_STREAM_SPLIT', 'ALP'],
  ...['DELTA_BINARY_PACKED', 'DELTA_LENGTH_BYTE_ARRAY', 'DELTA_BYTE_ARRAY'],
])

type ColumnPages = ColumnOfFile & {
  /** The number of values in the metadata of the file. */
  readonly values: number
  /** Whether each row has exactly one value. */
  readonly isFlat: boolean
}

/**
 * Checks the numbers in the headers of the pages of a column, before memory is reserved for its values.
 *
 * @param bytes all pages of the column in one row group
 * @throws FileFault
 */
export function checkPages(bytes: Uint8Array, column: ColumnPages): void {
  const { values, isFlat } = column
  const name = column.path.join('.')
  const reader = { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.length), offset: 0 }
  let found = 0
  // The library stops one byte before the end, too.
  while (reader.offset < bytes.length - 1) {
    const header = readHeader(reader, name)
    const { compressed_page_size: size } = header
    if (!(size >= 0 && reader.offset + size <= bytes.length))
      throw damaged(name, `a page would have ${size} bytes`)
    reader.offset += size
    requireEncoding(header, name)
    const count = valuesOf(header, name)
    const page = bytes.subarray(reader.offset - size, reader.offset)
    checkPrefixes(page, header, column)
    if (header.type !== 'DICTIONARY_PAGE') found += count
    if (!isFlat && found > maxNestedValues)
      throw new FileFault(
        `The column ${JSON.stringify(name)} has more than ${shown(maxNestedValues)} values in a row group, which is too many for a list or a structure. Write the file with smaller row groups.`,
      )
  }
  if (found !== values) throw damaged(name, `it should have ${values} values, but has ${found}`)
}

function readHeader(reader: { view: DataView; offset: number }, name: string): PageHeader {
  try {
    return parquetHeader(reader)
  } catch (error) {
    throw damaged(name, `a header of a page cannot be read (${(error as Error).message})`)
  }
}

function requireEncoding(header: PageHeader, name: string): void {
  const ofPage = header.data_page_header ?? header.data_page_header_v2
  if (ofPage === undefined) return
  // Undefined for a number that the library does not know.
  const encoding = ofPage.encoding as string | undefined
  if (readableEncodings.has(encoding)) return
  const shownEncoding = encoding === undefined ? 'an unknown encoding' : `the encoding ${encoding}`
  throw new FileFault(
    `The column ${JSON.stringify(name)} has ${shownEncoding}, which cannot be read. Write the file with another encoding, for example PLAIN.`,
  )
}

function valuesOf(header: PageHeader, name: string): number {
  const { data_page_header: v1, data_page_header_v2: v2, dictionary_page_header: entries } = header
  const { num_values: count } = v1 ?? v2 ?? entries ?? { num_values: 0 }
  const nulls = v2?.num_nulls ?? 0
  const isPossible = count >= 0 && nulls >= 0 && nulls <= count
  if (!isPossible)
    throw damaged(name, `a page would have ${count} values, of which ${nulls} are null`)
  if (count > maxPageValues)
    throw new FileFault(
      `A page of the column ${JSON.stringify(name)} would have ${shown(count)} values; at most ${shown(maxPageValues)} can be read. Write the file with smaller row groups or pages.`,
    )
  return count
}

const shown = (count: number): string => count.toLocaleString('en')

const damaged = (name: string, reason: string): FileFault =>
  new FileFault(`The file is damaged: in the column ${JSON.stringify(name)} ${reason}.`)
