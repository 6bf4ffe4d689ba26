import type { AsyncBuffer, ColumnMetaData, RowGroup, SchemaElement } from 'hyparquet'
import { FileFault } from '../../file-fault.ts'
import type { RangedFile } from '../format.ts'
import { checkPages } from './check-pages.ts'

const mebibyte = 1_048_576
/** These bytes are in memory while the rows of the group are read. */
const maxGroupBytes = 128 * mebibyte

/** The bytes of one column in one row group. */
type Chunk = { readonly begin: number; readonly end: number; readonly metadata: ColumnMetaData }
type LoadedChunk = Chunk & { readonly bytes: ArrayBuffer }

/**
 * Reads the declared columns of a row group into memory, so that its rows can be decoded in several steps.
 *
 * @param index of the group, for messages
 * @throws FileFault
 */
export async function loadChunks(
  file: RangedFile,
  { group, index, columns, schema }: GroupToLoad,
): Promise<AsyncBuffer> {
  const chunks = group.columns.flatMap(({ meta_data: metadata }) => {
    if (metadata === undefined || !columns.includes(metadata.path_in_schema[0] ?? '')) return []
    return toChunk(metadata, { group, index, size: file.size })
  })
  const bytes = chunks.reduce((sum, { begin, end }) => sum + end - begin, 0)
  if (bytes > maxGroupBytes)
    throw new FileFault(
      `Row group ${index + 1} of the file has ${Math.ceil(bytes / mebibyte)} MiB in the declared columns; at most ${maxGroupBytes / mebibyte} MiB can be read. Write the file with smaller row groups.`,
    )
  const repeated = new Set(
    schema.flatMap(({ repetition_type: type, name }) => (type === 'REPEATED' ? [name] : [])),
  )
  const loaded: LoadedChunk[] = []
  for (const { begin, end, metadata } of chunks) {
    const read = await file.read(begin, end)
    checkPages(read, {
      path: metadata.path_in_schema,
      codec: metadata.codec,
      schema,
      values: Number(metadata.num_values),
      isFlat:
        metadata.path_in_schema.length === 1 && !repeated.has(metadata.path_in_schema[0] ?? ''),
    })
    loaded.push({ begin, end, metadata, bytes: toArrayBuffer(read) })
  }
  return { byteLength: file.size, slice: (start, end = file.size) => slice(loaded, start, end) }
}

type GroupToLoad = {
  readonly group: RowGroup
  readonly index: number
  readonly columns: readonly string[]
  /** All fields of the file. */
  readonly schema: SchemaElement[]
}

function toChunk(
  metadata: ColumnMetaData,
  { group, index, size }: { group: RowGroup; index: number; size: number },
): Chunk {
  // As in the library: 0 means that there is no dictionary.
  const begin = Number(metadata.dictionary_page_offset || metadata.data_page_offset)
  const end = begin + Number(metadata.total_compressed_size)
  const hasRows = metadata.num_values >= group.num_rows
  if (begin >= 0 && begin <= end && end <= size && hasRows) return { begin, end, metadata }
  throw new FileFault(
    `The file is damaged: the place of a column in row group ${index + 1} is wrong.`,
  )
}

/** The bytes of a range. What is between the loaded chunks is not used, and zero. */
function slice(loaded: readonly LoadedChunk[], start: number, end: number): ArrayBuffer {
  const same = loaded.find((chunk) => chunk.begin === start && chunk.end === end)
  if (same !== undefined) return same.bytes
  const bytes = new Uint8Array(end - start)
  for (const chunk of loaded) {
    const [begin, stop] = [Math.max(start, chunk.begin), Math.min(end, chunk.end)]
    if (begin < stop)
      bytes.set(new Uint8Array(chunk.bytes, begin - chunk.begin, stop - begin), begin - start)
  }
  return bytes.buffer
}

/** The library reads array buffers, which have no bytes before or after the content. */
function toArrayBuffer(bytes: Uint8Array): ArrayBuffer {
  const copy = new Uint8Array(bytes.length)
  copy.set(bytes)
  return copy.buffer
}
