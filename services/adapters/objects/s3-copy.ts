import { text } from 'node:stream/consumers'
import type { Client } from 'minio'
import { hasCode, isNotFound } from './s3-client.ts'
import type { StoredObject } from './object-store.ts'

/** Metadata of an object by name in lower case; those of the user without `x-amz-meta-`. */
export type Metadata = Readonly<Record<string, string | undefined>>

export type Copy = {
  readonly bucket: string
  readonly from: StoredObject
  readonly toKey: string
  /** Of the copy, instead of the metadata of its source. */
  readonly metadata: Metadata
}

/** S3 sends these metadata as standard HTTP headers. All others begin with `x-amz-meta-`. */
const standardNames = [
  ...['content-type', 'cache-control', 'content-encoding', 'content-disposition'],
  'content-language',
]

/**
 * Copies an object to a key that does not exist.
 *
 * A separate request: the method of the client library does not encode all special characters of the
 * source's name. Servers that do not know `If-None-Match` for copies, such as versitygw, ignore it.
 *
 * @returns false if the source has changed, or if the target exists
 */
export async function copyObject(client: Client, copy: Copy): Promise<boolean> {
  try {
    await requestCopy(client, copy, { 'if-none-match': '*' })
    return true
  } catch (error) {
    if (isRefused(error)) return false
    if (!hasCode(error, 'NotImplemented', 'InvalidRequest')) throw error
  }
  try {
    await requestCopy(client, copy, {})
    return true
  } catch (error) {
    if (isRefused(error)) return false
    throw error
  }
}

const isRefused = (error: unknown): boolean =>
  isNotFound(error) || hasCode(error, 'PreconditionFailed')

async function requestCopy(
  client: Client,
  { bucket, from: { key, etag }, toKey, metadata }: Copy,
  condition: Readonly<Record<string, string>>,
): Promise<void> {
  const source = [bucket, ...key.split('/')].map(encodeURIComponent).join('/')
  const headers = {
    'x-amz-copy-source': `/${source}`,
    'x-amz-copy-source-if-match': etag,
    'x-amz-metadata-directive': 'REPLACE',
    ...headersOf(metadata),
    ...condition,
  }
  const request = { method: 'PUT', bucketName: bucket, objectName: toKey, headers }
  const answer = await text(await client.makeRequestAsync(request))
  // A copy can fail after the server has begun to answer with status 200.
  if (answer.includes('<Error>')) throw new Error(`The S3 server did not copy ${key}: ${answer}`)
}

function headersOf(metadata: Metadata): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(metadata)) {
    if (value === undefined || name.startsWith('x-amz-')) continue
    headers[standardNames.includes(name) ? name : `x-amz-meta-${name}`] = value
  }
  return headers
}
