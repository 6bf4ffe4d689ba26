import { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import { buffer, text } from 'node:stream/consumers'
import type { Client } from 'minio'
import { findKeyProblem, requireKey } from './object-key.ts'
import type { ListingPage } from './s3-listing.ts'
import type { Metadata } from './s3-copy.ts'
import { copyObject } from './s3-copy.ts'
import { parseListing } from './s3-listing.ts'
import type { S3Settings } from './s3-client.ts'
import { createS3Client, hasCode, isNotFound } from './s3-client.ts'
import type {
  Browsed,
  ByteRange,
  Listed,
  MoveOutcome,
  ObjectStore,
  StoredObject,
} from './object-store.ts'
import { incomingFolder } from './object-store.ts'
import { removeIncoming } from './put-new.ts'

/** Metadata of a copy: the ETag of its source. The ETag of the copy itself can differ. */
const movedFromTag = 'moved-from-etag'
/** Metadata of a copy: when its source was written. The ETag is a hash of the content, so a new file with equal content has the same ETag. */
const movedFromTime = 'moved-from-time'

/**
 * A bucket of an S3 server. S3 has no rename: a move copies and deletes. The copy carries the etag
 * of its source, so that an interrupted move is recognized and continued.
 */
export class S3Store implements ObjectStore {
  readonly address: string
  readonly #client: Client
  readonly #bucket: string
  /** Folders that were made by this process. */
  readonly #made = new Set<string>()

  constructor(settings: S3Settings) {
    this.#bucket = settings.bucket
    this.address = `${settings.endpoint.origin}/${settings.bucket}`
    this.#client = createS3Client(settings)
  }

  /** Makes the bucket if it does not exist. A worker never does this: a missing bucket is an outage. */
  async makeBucket(): Promise<void> {
    if (await this.#client.bucketExists(this.#bucket)) return
    try {
      await this.#client.makeBucket(this.#bucket)
    } catch (error) {
      // Another process has made it meanwhile.
      if (!hasCode(error, 'BucketAlreadyOwnedByYou', 'BucketAlreadyExists')) throw error
    }
  }

  #bucketMissing(): Error {
    return new Error(`The bucket ${this.address} does not exist. Create it on the S3 server.`)
  }

  async *list(folder: string, isLeftOut?: (key: string) => boolean): AsyncIterable<Listed> {
    requireKey(folder)
    const prefix = `${folder}/`
    let next: string | undefined
    do {
      const page = await this.#listPage(prefix, next)
      for (const { key, etag, ...rest } of page.objects) {
        // An object whose name ends with a slash shows a folder.
        if (key.endsWith('/') || isLeftOut?.(key) === true) continue
        const problem = findKeyProblem(key)
        yield problem === undefined
          ? { kind: 'object', object: { key, etag: bareEtag(etag), ...rest } }
          : { kind: 'unusable', unusable: { name: key.slice(prefix.length), problem } }
      }
      next = page.next
    } while (next !== undefined)
  }

  async browse(folder: string, suffix: string): Promise<Browsed> {
    const prefix = folder === '' ? '' : `${folder}/`
    const isUsable = (key: string): boolean =>
      !key.slice(prefix.length).startsWith('.') && findKeyProblem(key) === undefined
    const objects: StoredObject[] = []
    const folders: string[] = []
    let next: string | undefined
    do {
      const page = await this.#listPage(prefix, next)
      for (const { etag, ...rest } of page.objects)
        if (rest.key.endsWith(suffix) && isUsable(rest.key))
          objects.push({ ...rest, etag: bareEtag(etag) })
      folders.push(...page.prefixes.map((each) => each.slice(0, -1)).filter(isUsable))
      next = page.next
    } while (next !== undefined)
    return { objects, folders }
  }

  async #listPage(prefix: string, token: string | undefined): Promise<ListingPage> {
    const query = [
      ...(token === undefined ? [] : [`continuation-token=${encodeURIComponent(token)}`]),
      ...['delimiter=%2F', 'encoding-type=url', 'list-type=2'],
      `prefix=${encodeURIComponent(prefix)}`,
    ]
    const request = { method: 'GET', bucketName: this.#bucket, query: query.join('&') }
    try {
      return parseListing(await text(await this.#client.makeRequestAsync(request)))
    } catch (error) {
      throw hasCode(error, 'NoSuchBucket') ? this.#bucketMissing() : error
    }
  }

  async find(key: string): Promise<StoredObject | undefined> {
    const found = await this.#stat(key)
    // The response does not tell whether the object or the bucket is missing.
    if (found === undefined && !(await this.#client.bucketExists(this.#bucket)))
      throw this.#bucketMissing()
    return found?.object
  }

  async #stat(key: string): Promise<Described | undefined> {
    requireKey(key)
    try {
      const stat = await this.#client.statObject(this.#bucket, key)
      const { size, lastModified: modifiedAt, metaData } = stat
      const object = { key, size, etag: bareEtag(stat.etag), modifiedAt }
      return { object, metadata: metaData }
    } catch (error) {
      if (isNotFound(error)) return undefined
      throw error
    }
  }

  async read({ key, etag }: StoredObject, range?: ByteRange): Promise<Readable | undefined> {
    requireKey(key)
    try {
      const content = await this.#open(key, range)
      if (etagOfResponse(content) === etag) return content
      content.destroy()
      return undefined
    } catch (error) {
      if (isNotFound(error)) return undefined
      throw error
    }
  }

  #open(key: string, range: ByteRange | undefined): Promise<Readable> {
    if (range === undefined) return this.#client.getObject(this.#bucket, key)
    const { begin, end } = range
    return this.#client.getPartialObject(this.#bucket, key, begin, end - begin)
  }

  async readWhole(object: StoredObject): Promise<Buffer | undefined> {
    const content = await this.read(object)
    return content === undefined ? undefined : buffer(content)
  }

  async write(key: string, content: Readable | Buffer): Promise<StoredObject> {
    requireKey(key)
    await this.#put(key, content)
    const written = await this.find(key)
    if (written === undefined)
      throw new Error(`The object ${key} was removed while it was written.`)
    return written
  }

  /** The client does not notice that a stream fails: it would wait, and the error would end the process. */
  async #put(key: string, content: Readable | Buffer): Promise<void> {
    if (Buffer.isBuffer(content)) {
      await this.#client.putObject(this.#bucket, key, content)
      return
    }
    const failed = new Promise<never>((_, reject) => content.on('error', reject))
    const stored = this.#client.putObject(this.#bucket, key, content)
    try {
      await Promise.race([stored, failed])
    } catch (error) {
      stored.catch(() => undefined)
      await this.#client.removeIncompleteUpload(this.#bucket, key).catch(() => undefined)
      throw error
    }
  }

  async move(object: StoredObject, toKey: string): Promise<MoveOutcome> {
    if (object.key !== toKey) return this.#copyAndRemove(object, toKey)
    return (await this.find(toKey))?.etag === object.etag ? 'moved' : 'missing'
  }

  async #copyAndRemove(object: StoredObject, toKey: string): Promise<MoveOutcome> {
    requireKey(toKey)
    const [source, target] = await Promise.all([this.#stat(object.key), this.#stat(toKey)])
    const present = source?.object.etag === object.etag ? source : undefined
    if (target === undefined) {
      if (present === undefined) return this.#missing()
      const copied = await copyObject(this.#client, {
        ...{ bucket: this.#bucket, from: present.object, toKey },
        metadata: {
          ...present.metadata,
          [movedFromTag]: object.etag,
          [movedFromTime]: present.object.modifiedAt.toISOString(),
        },
      })
      // The target was made by another program, or the source was replaced.
      if (!copied) return this.#refused(object)
    } else if (target.metadata[movedFromTag] !== object.etag) {
      return present === undefined ? 'missing' : 'taken'
    } else if (present !== undefined && isWrittenLater(present, target)) {
      return 'moved'
    }
    await this.#removeSource(object)
    return 'moved'
  }

  /** @throws Error if the whole bucket is missing */
  async #missing(): Promise<'missing'> {
    if (!(await this.#client.bucketExists(this.#bucket))) throw this.#bucketMissing()
    return 'missing'
  }

  async #refused({ key, etag }: StoredObject): Promise<MoveOutcome> {
    return (await this.#stat(key))?.object.etag === etag ? 'taken' : 'missing'
  }

  /**
   * Removes the object unless it was replaced. A server that ignores `If-Match` deletes a new file of the same
   * key that arrives between these two requests.
   */
  async #removeSource({ key, etag }: StoredObject): Promise<void> {
    if ((await this.#stat(key))?.object.etag !== etag) return
    const headers = { 'if-match': `"${etag}"` }
    const request = { method: 'DELETE', bucketName: this.#bucket, objectName: key, headers }
    try {
      await text(await this.#client.makeRequestAsync(request, '', [200, 204]))
    } catch (error) {
      if (hasCode(error, 'PreconditionFailed') || isNotFound(error)) return
      if (!hasCode(error, 'NotImplemented')) throw error
      await this.remove(key)
    }
  }

  async remove(key: string): Promise<void> {
    requireKey(key)
    await this.#client.removeObject(this.#bucket, key)
  }

  /** Other programs may write to the bucket in parts. So only uploads into our folder are ended. */
  async removeUnfinished(before: Date): Promise<void> {
    await removeIncoming(this, before)
    const uploads = this.#client.listIncompleteUploads(this.#bucket, `${incomingFolder}/`, true)
    for await (const upload of uploads as AsyncIterable<IncompleteUpload>)
      if (upload.initiated < before)
        await this.#client.abortMultipartUpload(this.#bucket, upload.key, upload.uploadId)
  }

  /** Folders are empty objects whose names end with a slash. Each is written once. */
  async makeFolders(folders: readonly string[]): Promise<void> {
    const missing = folders.filter((folder) => !this.#made.has(folder))
    if (missing.length === 0) return
    if (!(await this.#client.bucketExists(this.#bucket))) throw this.#bucketMissing()
    for (const folder of missing) {
      requireKey(folder)
      await this.#client.putObject(this.#bucket, `${folder}/`, Readable.from([]), 0)
      this.#made.add(folder)
    }
  }
}

type IncompleteUpload = {
  readonly key: string
  readonly uploadId: string
  readonly initiated: Date
}

type Described = { readonly object: StoredObject; readonly metadata: Metadata }

/** Whether an object was written after the source of a copy. Copies of an earlier version have no time. */
function isWrittenLater({ object }: Described, { metadata }: Described): boolean {
  const time = metadata[movedFromTime]
  return time !== undefined && time !== object.modifiedAt.toISOString()
}

/** The client returns the response itself, whose headers belong to exactly this content. */
function etagOfResponse(content: Readable): string | undefined {
  if (!(content instanceof IncomingMessage)) return undefined
  return bareEtag(String(content.headers.etag))
}

/** Servers send ETags in quotes, some also in lists. */
const bareEtag = (etag: string): string => etag.replaceAll('"', '')
