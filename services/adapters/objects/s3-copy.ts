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

type Headers = Readonly<Record<string, string>>

/** Sizes in bytes. @member atOnce larger objects are copied in parts of this size. S3 copies at most 5 GiB with one request. */
export type CopyLimits = { readonly atOnce: number; readonly part: number }

const limitsOfS3: CopyLimits = { atOnce: 5 * 1024 ** 3, part: 1024 ** 3 }

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
export async function copyObject(
  client: Client,
  copy: Copy,
  { atOnce, part }: CopyLimits = limitsOfS3,
): Promise<boolean> {
  const request = (condition: Headers): Promise<void> =>
    copy.from.size > atOnce
      ? copyInParts(client, { ...copy, part }, condition)
      : requestCopy(client, copy, condition)
  try {
    await request({ 'if-none-match': '*' })
    return true
  } catch (error) {
    if (isRefused(error)) return false
    if (!hasCode(error, 'NotImplemented', 'InvalidRequest')) throw error
  }
  try {
    await request({})
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
  { bucket, from, toKey, metadata }: Copy,
  condition: Headers,
): Promise<void> {
  const headers = {
    ...sourceOf(bucket, from),
    'x-amz-metadata-directive': 'REPLACE',
    ...headersOf(metadata),
    ...condition,
  }
  await sendCopy(client, { method: 'PUT', bucketName: bucket, objectName: toKey, headers })
}

/** The parts become one object with the last request, which has the condition. */
async function copyInParts(
  client: Client,
  { bucket, from, toKey, metadata, part: partBytes }: Copy & { readonly part: number },
  condition: Headers,
): Promise<void> {
  const upload = await client.initiateNewMultipartUpload(bucket, toKey, headersOf(metadata))
  const target = { bucketName: bucket, objectName: toKey }
  const uploadId = `uploadId=${encodeURIComponent(upload)}`
  try {
    const parts: string[] = []
    for (let begin = 0; begin < from.size; begin += partBytes) {
      const end = Math.min(begin + partBytes, from.size)
      const number = parts.length + 1
      const answer = await sendCopy(client, {
        ...{ method: 'PUT', ...target, query: `partNumber=${number}&${uploadId}` },
        headers: {
          ...sourceOf(bucket, from),
          'x-amz-copy-source-range': `bytes=${begin}-${end - 1}`,
        },
      })
      const etag = /<ETag>([^<]*)<\/ETag>/.exec(answer)?.[1] ?? ''
      parts.push(`<Part><PartNumber>${number}</PartNumber><ETag>${etag}</ETag></Part>`)
    }
    const complete = `<CompleteMultipartUpload>${parts.join('')}</CompleteMultipartUpload>`
    const request = { method: 'POST', ...target, query: uploadId, headers: { ...condition } }
    await sendCopy(client, request, complete)
  } catch (error) {
    await client.abortMultipartUpload(bucket, toKey, upload).catch(() => undefined)
    throw error
  }
}

function sourceOf(bucket: string, { key, etag }: StoredObject): Record<string, string> {
  const source = [bucket, ...key.split('/')].map(encodeURIComponent).join('/')
  return { 'x-amz-copy-source': `/${source}`, 'x-amz-copy-source-if-match': etag }
}

type Request = Parameters<Client['makeRequestAsync']>[0]

/** @returns the XML of the answer */
async function sendCopy(client: Client, request: Request, body = ''): Promise<string> {
  const answer = await text(await client.makeRequestAsync(request, body))
  // A copy can fail after the server has begun to answer with status 200.
  if (!answer.includes('<Error>')) return answer
  throw new Error(`The S3 server did not copy to ${request.objectName ?? ''}: ${answer}`)
}

function headersOf(metadata: Metadata): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(metadata)) {
    if (value === undefined || name.startsWith('x-amz-')) continue
    headers[standardNames.includes(name) ? name : `x-amz-meta-${name}`] = value
  }
  return headers
}
