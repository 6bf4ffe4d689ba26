import type { FileMetaData, RowGroup } from 'hyparquet'
import { parquetMetadata, parquetReadObjects } from 'hyparquet'
import { FileFault } from '../file-fault.ts'
import type { FieldsToRead, ObjectFormat, RangedFile } from './format.ts'
import { loadChunks } from './parquet/column-chunks.ts'
import { decompressors } from './parquet/decompressors.ts'
import type { RowSchema } from './parquet/schema.ts'
import { takeSchema } from './parquet/schema.ts'
import { parsers, toJson, toJsonOfDecimal } from './parquet/values.ts'

/** The rows of a Parquet file. The line of a row is its number in the file. */
export const parquet: ObjectFormat = { kind: 'ranges', toLines: toRows }

/** Rows that are decoded together: at most so many, and of about so many bytes in the file before compression. */
const [maxRows, maxBytes] = [10_000, 8_388_608]
/** Characters of lines that are passed on together. */
const partLength = 1_048_576
const maxMetadataBytes = 67_108_864
/** The size of the metadata, and `PAR1`. */
const footerBytes = 8
const magic = [0x50, 0x41, 0x52, 0x31]

async function* toRows(
  file: RangedFile,
  { names, isComplete }: FieldsToRead,
): AsyncGenerator<Uint8Array> {
  const metadata = await readMetadata(file)
  const schema = takeSchema(metadata, names)
  requireFields(schema, { names, isComplete })
  const encoder = new TextEncoder()
  let first = 0
  for (const [index, group] of metadata.row_groups.entries()) {
    const cached = await loadChunks(file, { group, index, columns: names, schema: metadata.schema })
    const last = first + Number(group.num_rows)
    const rowsAtOnce = rowsAtOnceOf(group)
    for (let rowStart = first; rowStart < last; rowStart += rowsAtOnce) {
      const rowEnd = Math.min(rowStart + rowsAtOnce, last)
      const rows = await orFault(() =>
        parquetReadObjects({
          ...{ file: cached, metadata, columns: [...names], rowStart, rowEnd },
          ...{ geoparquet: false, compressors: decompressors, parsers },
        }),
      )
      for (const part of toParts(rows, schema)) yield encoder.encode(part)
    }
    first = last
  }
}

function rowsAtOnceOf({ num_rows: rows, total_byte_size: bytes }: RowGroup): number {
  const fitting = Math.floor((Number(rows) * maxBytes) / Math.max(1, Number(bytes)))
  return Math.max(1, Math.min(maxRows, fitting))
}

/** The lines of rows in parts, because values that a file repeats can be much longer than the file. */
function* toParts(
  rows: readonly Readonly<Record<string, unknown>>[],
  schema: RowSchema,
): Generator<string> {
  let part = ''
  for (const row of rows) {
    part += toLine(row, schema)
    if (part.length < partLength) continue
    yield part
    part = ''
  }
  if (part !== '') yield part
}

async function readMetadata({ size, read }: RangedFile): Promise<FileMetaData> {
  if (size === 0) throw new FileFault('The file is empty; expected a Parquet file.')
  const start = await read(0, Math.min(size, magic.length))
  if (!isMagic(start))
    throw new FileFault('The file is not in the format Parquet: it does not begin with PAR1.')
  const footer = await read(Math.max(0, size - footerBytes), size)
  if (!isMagic(footer.subarray(footer.length - magic.length)) || size < footerBytes + magic.length)
    throw new FileFault(
      'The file is not complete: a Parquet file ends with PAR1. Drop a complete copy.',
    )
  const bytes = new DataView(footer.buffer, footer.byteOffset).getUint32(0, true)
  const begin = size - footerBytes - bytes
  if (begin < 0 || bytes > maxMetadataBytes)
    throw new FileFault(`The file is damaged: its metadata would have ${bytes} bytes.`)
  const metadata = await read(begin, size)
  return orFault(() => parquetMetadata(metadata, { geoparquet: false }))
}

const isMagic = (bytes: Uint8Array): boolean => magic.every((byte, index) => bytes[index] === byte)

function requireFields(schema: RowSchema, { names, isComplete }: FieldsToRead): void {
  const shown = (some: Iterable<string>): string =>
    [...some]
      .slice(0, 20)
      .map((name) => JSON.stringify(name))
      .join(', ')
  const missing = names.filter((name) => !schema.has(name))
  if (missing.length > 0) {
    const word = missing.length === 1 ? 'field' : 'fields'
    throw new FileFault(
      `The file has no ${word} ${shown(missing)}; its fields are ${shown(schema.keys())}.`,
    )
  }
  const unknown = [...schema.keys()].filter((name) => !names.includes(name))
  if (isComplete && unknown.length > 0)
    throw new FileFault(`The file has fields that no column reads: ${shown(unknown)}.`)
}

function toLine(row: Readonly<Record<string, unknown>>, schema: RowSchema): string {
  const fields = Object.entries(row).map(([name, value]) => {
    const scale = schema.get(name)?.scale
    const json = scale === undefined ? toJson(value) : toJsonOfDecimal(value, scale)
    return `${JSON.stringify(name)}:${json}`
  })
  return `{${fields.join(',')}}\n`
}

/** The library throws errors of many kinds for damaged files. All bytes are in memory, so it is no outage. */
async function orFault<T>(decode: () => T | Promise<T>): Promise<T> {
  try {
    return await decode()
  } catch (error) {
    throw new FileFault(
      `The file is damaged, or has a feature of Parquet that cannot be read: ${(error as Error).message}.`,
    )
  }
}
