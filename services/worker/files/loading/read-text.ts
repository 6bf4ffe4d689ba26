import { toUtf8 } from '../../../pipelines/files/content/to-utf8.ts'
import type { FileStep } from '../../../pipelines/declaration/task-declaration.ts'
import { gunzipped } from './gunzip.ts'

/**
 * The text of a file in UTF-8 from its bytes, which may be compressed with gzip. Only some parts are in memory.
 *
 * @throws FileFault
 */
export function readText(
  content: AsyncIterable<Uint8Array>,
  { encoding }: FileStep,
): AsyncIterable<Uint8Array> {
  return toUtf8(gunzipped(content), { encoding })
}
