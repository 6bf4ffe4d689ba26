import type { CompressionCodec, PageHeader, SchemaElement } from 'hyparquet'
import { decompressPage, readDataPage, readDataPageV2 } from 'hyparquet/src/datapage.js'
import { getSchemaPath } from 'hyparquet/src/schema.js'
import { FileFault } from '../../file-fault.ts'
import { decompressors } from './decompressors.ts'

const mebibyte = 1_048_576
/** The size of all texts of a page after they are decoded. */
const maxPageTextBytes = 64 * mebibyte

type ColumnDecoder = Parameters<typeof readDataPage>[2]

export type ColumnOfFile = {
  readonly path: string[]
  readonly codec: CompressionCodec
  /** All fields of the file. */
  readonly schema: SchemaElement[]
}

/**
 * With DELTA_BYTE_ARRAY each text begins with a part of the text before it, so a page of some bytes can stand for texts
 * of any size. This checks their size before memory is reserved for them.
 *
 * @throws FileFault
 */
export function checkPrefixes(page: Uint8Array, header: PageHeader, column: ColumnOfFile): void {
  const ofPage = header.data_page_header ?? header.data_page_header_v2
  if (ofPage?.encoding !== 'DELTA_BYTE_ARRAY') return
  let bytes = 0
  for (const length of prefixLengths(page, header, column)) bytes += Math.max(0, Number(length))
  if (bytes > maxPageTextBytes)
    throw new FileFault(
      `A page of the column ${JSON.stringify(nameOf(column))} would have ${Math.ceil(bytes / mebibyte)} MiB of text; at most ${maxPageTextBytes / mebibyte} MiB can be read. Write the file with smaller pages, or with another encoding than DELTA_BYTE_ARRAY.`,
    )
}

/** The page begins with the lengths, encoded as a page of numbers. */
function prefixLengths(
  page: Uint8Array,
  header: PageHeader,
  column: ColumnOfFile,
): Iterable<unknown> {
  const { data_page_header: v1, data_page_header_v2: v2, uncompressed_page_size: size } = header
  const encoding = 'DELTA_BINARY_PACKED'
  try {
    const numbers = decoderOf(column)
    if (v2 !== undefined)
      return readDataPageV2(page, { ...header, data_page_header_v2: { ...v2, encoding } }, numbers)
        .dataPage
    if (v1 === undefined) return []
    const content = decompressPage(page, size, column.codec, decompressors)
    return readDataPage(content, { ...v1, encoding }, numbers).dataPage
  } catch (error) {
    throw new FileFault(
      `The file is damaged: in the column ${JSON.stringify(nameOf(column))} the lengths of texts cannot be read (${(error as Error).message}).`,
    )
  }
}

function decoderOf({ path, codec, schema }: ColumnOfFile): ColumnDecoder {
  const schemaPath = getSchemaPath(schema, path)
  const element = schemaPath.at(-1)?.element ?? { name: '' }
  // The parsers are only for values.
  const parsers = {} as ColumnDecoder['parsers']
  const type = 'INT32'
  const compressors = decompressors
  return { pathInSchema: path, schemaPath, element, codec, type, parsers, compressors }
}

const nameOf = ({ path }: ColumnOfFile): string => path.join('.')
