import { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { Client, S3Error } from 'minio'
import { findKeyProblem, requireKey } from './object-key.ts'
import type { ListingPage } from './s3-listing.ts'
import { parseListing } from './s3-listing.ts'
import type { Listed, MoveOutcome, ObjectStore, StoredObject } from './object-store.ts'

export type S3Settings = {
  /** `http://HOST:PORT` or `https://HOST`; without a path. */
  readonly endpoint: URL
  readonly region: string
  readonly bucket: string
  readonly accessKey: string
  readonly secretKey: string
}

/** The client holds a part in memory. By default it would hold more than 500 MiB of a stream. */
const partSize = 64 * 1024 * 1024

/** Metadata of a copy: the ETag of its source. The ETag of the copy itself can differ. */
const movedFromTag = 'moved-from-etag'

/**
 * A bucket of an S3 server. S3 has no rename: a move copies and deletes. The copy carries the etag
 * of its source, so that an interrupted move is recognized and continued.
 */
export class S3Store implements ObjectStore {
  readonly address: string
  readonly #client: Client
  readonly #bucket: string

  constructor({ endpoint, region, bucket, accessKey, secretKey }: S3Settings) {
    this.#bucket = bucket
    this.address = `${endpoint.origin}/${bucket}`
    this.#client = new Client({
      endPoint: endpoint.hostname,
      ...(endpoint.port === '' ? {} : { port: Number(endpoint.port) }),
      useSSL: endpoint.protocol === 'https:',
      region,
      accessKey,
      secretKey,
      pathStyle: true,
      partSize,
    })
  }

  /** Makes the bucket if it does not exist. */
  async makeBucket(): Promise<void> {
    if (await this.#client.bucketExists(this.#bucket)) return
    try {
      await this.#client.makeBucket(this.#bucket)
    } catch (error) {
      // Another process has made it meanwhile.
      if (!hasCode(error, 'BucketAlreadyOwnedByYou', 'BucketAlreadyExists')) throw error
    }
  }

  async *list(folder: string): AsyncIterable<Listed> {
    requireKey(folder)
    const prefix = `${folder}/`
    let next: string | undefined
    do {
      const page = await this.#listPage(prefix, next)
      for (const { key, etag, ...rest } of page.objects) {
        // An object whose name ends with a slash shows a folder.
        if (key.endsWith('/')) continue
        const problem = findKeyProblem(key)
        yield problem === undefined
          ? { kind: 'object', object: { key, etag: bareEtag(etag), ...rest } }
          : { kind: 'unusable', unusable: { name: key.slice(prefix.length), problem } }
      }
      next = page.next
    } while (next !== undefined)
  }

  async #listPage(prefix: string, token: string | undefined): Promise<ListingPage> {
    const query = [
      ...(token === undefined ? [] : [`continuation-token=${encodeURIComponent(token)}`]),
      ...['delimiter=%2F', 'encoding-type=url', 'list-type=2'],
      `prefix=${encodeURIComponent(prefix)}`,
    ]
    const response = await this.#client.makeRequestAsync({
      ...{ method: 'GET', bucketName: this.#bucket, query: query.join('&') },
    })
    return parseListing(await text(response))
  }

  async find(key: string): Promise<StoredObject | undefined> {
    return (await this.#stat(key))?.object
  }

  async #stat(key: string) {
    requireKey(key)
    try {
      const { size, etag, lastModified, metaData } = await this.#client.statObject(
        this.#bucket,
        key,
      )
      const object: StoredObject = { key, size, etag: bareEtag(etag), modifiedAt: lastModified }
      return { object, movedFrom: metaData[movedFromTag] as string | undefined }
    } catch (error) {
      if (isNotFound(error)) return undefined
      throw error
    }
  }

  async read({ key, etag }: StoredObject): Promise<Readable | undefined> {
    requireKey(key)
    try {
      const content = await this.#client.getObject(this.#bucket, key)
      if (etagOfResponse(content) === etag) return content
      content.destroy()
      return undefined
    } catch (error) {
      if (isNotFound(error)) return undefined
      throw error
    }
  }

  async write(key: string, content: Readable | Buffer): Promise<StoredObject> {
    requireKey(key)
    await this.#client.putObject(this.#bucket, key, content)
    const written = await this.find(key)
    if (written === undefined)
      throw new Error(`The object ${key} was removed while it was written.`)
    return written
  }

  async move(object: StoredObject, toKey: string): Promise<MoveOutcome> {
    requireKey(toKey)
    const [source, target] = await Promise.all([this.find(object.key), this.#stat(toKey)])
    const isThere = source?.etag === object.etag
    if (target === undefined) {
      if (!isThere || !(await this.#copied(object, toKey))) return 'missing'
    } else if (target.movedFrom !== object.etag) {
      return isThere ? 'taken' : 'missing'
    }
    await this.#removeSource(object)
    return 'moved'
  }

  /**
   * Not all S3 servers support conditional deletes. A new file of the same key that arrives between these
   * two requests is deleted. A new file that arrived earlier is kept.
   */
  async #removeSource({ key, etag }: StoredObject): Promise<void> {
    const current = await this.find(key)
    if (current?.etag === etag) await this.remove(key)
  }

  /**
   * Copies with a separate request: the method of the client library does not encode all special
   * characters of the source's name.
   *
   * @returns false if the source has changed meanwhile
   */
  async #copied({ key, etag }: StoredObject, toKey: string): Promise<boolean> {
    const source = [this.#bucket, ...key.split('/')].map(encodeURIComponent).join('/')
    const headers = {
      'x-amz-copy-source': `/${source}`,
      'x-amz-copy-source-if-match': etag,
      'x-amz-metadata-directive': 'REPLACE',
      [`x-amz-meta-${movedFromTag}`]: etag,
    }
    const request = { method: 'PUT', bucketName: this.#bucket, objectName: toKey, headers }
    try {
      const answer = await text(await this.#client.makeRequestAsync(request))
      // A copy can fail after the server has begun to answer with status 200.
      if (answer.includes('<Error>'))
        throw new Error(`The S3 server did not copy ${key}: ${answer}`)
      return true
    } catch (error) {
      if (isNotFound(error) || hasCode(error, 'PreconditionFailed')) return false
      throw error
    }
  }

  async remove(key: string): Promise<void> {
    requireKey(key)
    await this.#client.removeObject(this.#bucket, key)
  }

  /** Folders are empty objects whose names end with a slash. */
  async makeFolders(folders: readonly string[]): Promise<void> {
    for (const folder of folders) {
      requireKey(folder)
      await this.#client.putObject(this.#bucket, `${folder}/`, Readable.from([]), 0)
    }
  }
}

/** The client returns the response itself, whose headers belong to exactly this content. */
function etagOfResponse(content: Readable): string | undefined {
  if (!(content instanceof IncomingMessage)) return undefined
  return bareEtag(String(content.headers.etag))
}

/** Servers send ETags in quotes, some also in lists. */
const bareEtag = (etag: string): string => etag.replaceAll('"', '')

const hasCode = (error: unknown, ...codes: readonly string[]): boolean =>
  error instanceof S3Error && codes.includes(error.code ?? '')

const isNotFound = (error: unknown): boolean => hasCode(error, 'NoSuchKey', 'NotFound')
