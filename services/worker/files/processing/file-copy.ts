import { createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ObjectStore, StoredObject } from '../../../adapters/objects/object-store.ts'
import { FileChangedError } from '../loading/file-content.ts'

/** A private copy of a file of the bucket, for a handler or a command. It does not change. */
export class FileCopy implements AsyncDisposable {
  readonly path: string
  readonly name: string
  readonly size: number
  readonly sha256: Buffer
  readonly #folder: string

  private constructor(copy: Pick<FileCopy, 'path' | 'name' | 'size' | 'sha256'> & Placed) {
    this.path = copy.path
    this.name = copy.name
    this.size = copy.size
    this.sha256 = copy.sha256
    this.#folder = copy.folder
  }

  /**
   * @param folder that only this user can read
   * @throws FileChangedError
   */
  static async make(
    store: ObjectStore,
    object: StoredObject,
    { folder: parent, signal }: { readonly folder: string; readonly signal: AbortSignal },
  ): Promise<FileCopy> {
    const content = await store.read(object)
    if (content === undefined) throw new FileChangedError()
    const folder = await mkdtemp(join(parent, 'file-'))
    try {
      const name = object.key.slice(object.key.lastIndexOf('/') + 1)
      const path = join(folder, name)
      const hash = createHash('sha256')
      let size = 0
      const count = new Transform({
        transform(chunk: Buffer, _, done) {
          hash.update(chunk)
          size += chunk.length
          done(null, chunk)
        },
      })
      await pipeline(content, count, createWriteStream(path, { flags: 'wx', mode: 0o600 }), {
        signal,
      })
      if ((await store.find(object.key))?.etag !== object.etag) throw new FileChangedError()
      return new FileCopy({ path, name, size, sha256: hash.digest(), folder })
    } catch (error) {
      await rm(folder, { recursive: true, force: true })
      throw error
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true })
  }
}

type Placed = { readonly folder: string }
