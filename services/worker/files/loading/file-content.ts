import { createHash } from 'node:crypto'
import type {
  ByteRange,
  ObjectStore,
  StoredObject,
} from '../../../adapters/objects/object-store.ts'
import type { ReadableFile } from './read-records.ts'

/** The content of a file has changed since it was found. */
export class FileChangedError extends Error {
  override readonly name = 'FileChangedError'
}

type OpenFile = {
  readonly store: ObjectStore
  readonly object: StoredObject
  readonly signal: AbortSignal
  /** Called with the part of the file that was read, from 0 to 1. */
  readonly onProgress: (fraction: number) => void
}

/** The content of a file while it is read. Each method throws a FileChangedError if it has changed. */
export class FileContent implements ReadableFile {
  readonly #file: OpenFile
  readonly #hash = createHash('sha256')
  #hashedBytes = 0
  #readBytes = 0

  constructor(file: OpenFile) {
    this.#file = file
  }

  get size(): number {
    return this.#file.object.size
  }

  /** Can be read once. */
  async *bytes(): AsyncGenerator<Uint8Array> {
    for await (const chunk of await open(this.#file)) {
      this.#file.signal.throwIfAborted()
      this.#hash.update(chunk)
      this.#hashedBytes += chunk.length
      yield chunk
      this.#report(chunk.length)
    }
  }

  readonly read = async (begin: number, end: number): Promise<Uint8Array> => {
    this.#file.signal.throwIfAborted()
    const chunks: Buffer[] = []
    if (begin < end)
      for await (const chunk of await open(this.#file, { begin, end })) chunks.push(chunk)
    const bytes = Buffer.concat(chunks)
    if (bytes.length !== end - begin) throw new FileChangedError()
    this.#report(bytes.length)
    return bytes
  }

  /** Bytes that were not read yet, e.g. those after the end of a compressed file, are read for it. */
  async sha256(): Promise<Buffer> {
    return this.#hashedBytes === this.size ? this.#hash.digest() : hashFile(this.#file)
  }

  #report(bytes: number): void {
    this.#readBytes += bytes
    this.#file.onProgress(this.size === 0 ? 1 : Math.min(1, this.#readBytes / this.size))
  }
}

/** The SHA-256 of a file. @throws FileChangedError */
export async function hashFile(file: Omit<OpenFile, 'onProgress'>): Promise<Buffer> {
  const hash = createHash('sha256')
  for await (const chunk of await open(file)) {
    file.signal.throwIfAborted()
    hash.update(chunk)
  }
  return hash.digest()
}

async function open(
  { store, object }: Pick<OpenFile, 'store' | 'object'>,
  range?: ByteRange,
): Promise<AsyncIterable<Buffer>> {
  const content = await store.read(object, range)
  if (content === undefined) throw new FileChangedError()
  return content
}
