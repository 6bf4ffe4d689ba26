import type { FileStep } from '../../../pipelines/declaration/task-declaration.ts'
import { toUtf8 } from '../../../pipelines/files/content/to-utf8.ts'
import type { FieldsToRead, RangedFile } from '../../../pipelines/files/formats/format.ts'
import { objectFormats } from '../../../pipelines/files/formats/formats.ts'
import { gunzipped } from './gunzip.ts'

/** The content of a file, from its beginning to its end or by ranges. */
export type ReadableFile = RangedFile & { readonly bytes: () => AsyncIterable<Uint8Array> }

type Step = Pick<FileStep, 'format' | 'encoding' | 'columns' | 'unknownFields'>

/**
 * The text of a file in UTF-8 for the decoder of its lines. Only a few parts of the file are in memory. Text may be compressed with
 * gzip.
 *
 * @throws FileFault
 */
export function readRecords(file: ReadableFile, step: Step): AsyncIterable<Uint8Array> {
  const { format, encoding } = step
  if (format.kind === 'delimited') return toUtf8(gunzipped(file.bytes()), { encoding })
  const reader = objectFormats[format.kind]
  if (reader.kind === 'ranges') return reader.toLines(file, fieldsOf(step))
  const { namedBy, toLines } = reader
  return toLines(toUtf8(gunzipped(file.bytes()), { encoding, namedBy }))
}

function fieldsOf({ columns, unknownFields }: Step): FieldsToRead {
  const names = columns.flatMap(({ source }) =>
    source.kind === 'field' ? source.path.slice(0, 1) : [],
  )
  return { names: [...new Set(names)], isComplete: unknownFields.kind === 'reject' }
}
