import { fileTypeFromBuffer } from 'file-type'
import { typeOfSuffix } from '../../../pipelines/files/types/suffix-type.ts'
import { typeOfText } from '../../../pipelines/files/types/text-type.ts'

/** The type of a file, e.g. `text/csv`, and how it was detected. */
export type ContentType = {
  readonly type: string
  readonly detectedBy: 'signature' | 'text' | 'name' | 'tika' | 'default'
}

/** How many bytes of a file are looked at. */
export const startBytes = 65_536

/**
 * The type of a file: by the bytes with which formats begin, then by how its text looks, then by its name. All kinds
 * of XML begin with the same bytes, so their text decides.
 *
 * @param start the first bytes
 * @param name of the file, without its folder
 */
export async function detectType(start: Uint8Array, name: string): Promise<ContentType> {
  const bySignature = (await fileTypeFromBuffer(start))?.mime
  if (bySignature !== undefined && bySignature !== 'application/xml')
    return { type: bySignature, detectedBy: 'signature' }
  const byText = typeOfText(start) ?? bySignature
  if (byText !== undefined) return { type: byText, detectedBy: 'text' }
  const byName = typeOfSuffix(name)
  if (byName !== undefined) return { type: byName, detectedBy: 'name' }
  return { type: 'application/octet-stream', detectedBy: 'default' }
}

const timeoutMs = 30_000

/** The server that detects types does not answer. Files whose pipelines depend on their types wait. */
export class TypeUnavailableError extends Error {}

/** Detects the type of a file with Apache Tika. @param url of the Tika server @throws TypeUnavailableError while it cannot be reached */
export async function detectWithTika(
  url: string,
  start: Uint8Array,
  name: string,
): Promise<ContentType> {
  // Tika needs the name to tell CSV from TSV. Only its end counts.
  const filename = name.replace(/[^\w.-]/g, '_')
  const unreachable = (cause: unknown): never => {
    throw new TypeUnavailableError(`Tika cannot be reached at ${url} (files.tikaUrl).`, { cause })
  }
  const response = await fetch(new URL('/detect/stream', url), {
    method: 'PUT',
    headers: { 'content-disposition': `attachment; filename=${filename}` },
    body: start.slice(),
    signal: AbortSignal.timeout(timeoutMs),
  }).catch(unreachable)
  const text = (await response.text().catch(unreachable)).trim()
  if (!response.ok)
    throw new TypeUnavailableError(`Tika at ${url} (files.tikaUrl) answered ${response.status}.`)
  const [type = ''] = text.split(';')
  return { type, detectedBy: 'tika' }
}
