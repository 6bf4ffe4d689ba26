import type { ObjectStore, StoredObject } from '../../../adapters/objects/object-store.ts'
import type { ContentType } from './detect-type.ts'
import { detectType, detectWithTika, startBytes } from './detect-type.ts'

type Options = {
  readonly store: ObjectStore
  /** Address of a Tika server; undefined: types are detected here. */
  readonly tikaUrl: string | undefined
}

type Known = { readonly etag: string; readonly type: ContentType }

/** Detects the types of the files in the inboxes, of each content once. */
export class TypeDetector {
  readonly #options: Options
  #known: ReadonlyMap<string, Known> = new Map()
  #next = new Map<string, Known>()

  constructor(options: Options) {
    this.#options = options
  }

  /** Undefined if the file was removed or has changed. */
  async typeOf(object: StoredObject): Promise<ContentType | undefined> {
    const { key, etag } = object
    const before = this.#known.get(key)
    const type = before?.etag === etag ? before.type : await this.#detect(object)
    if (type !== undefined) this.#next.set(key, { etag, type })
    return type
  }

  /** Forgets the files that were not asked for since the last call. */
  endScan(): void {
    this.#known = this.#next
    this.#next = new Map()
  }

  async #detect(object: StoredObject): Promise<ContentType | undefined> {
    const { store, tikaUrl } = this.#options
    const start = await this.#readStart(store, object)
    if (start === undefined) return undefined
    const name = object.key.slice(object.key.lastIndexOf('/') + 1)
    return tikaUrl === undefined ? detectType(start, name) : detectWithTika(tikaUrl, start, name)
  }

  async #readStart(store: ObjectStore, object: StoredObject): Promise<Buffer | undefined> {
    if (object.size === 0) return Buffer.alloc(0)
    const range = { begin: 0, end: Math.min(object.size, startBytes) }
    try {
      const content = await store.read(object, range)
      if (content === undefined) return undefined
      const parts: Buffer[] = []
      for await (const part of content as AsyncIterable<Buffer>) parts.push(part)
      return Buffer.concat(parts)
    } catch (error) {
      // Then only the name is used. The attempt to load the file reports the reason.
      if (isForbidden(error)) return Buffer.alloc(0)
      throw error
    }
  }
}

const isForbidden = (error: unknown): boolean =>
  ['EACCES', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')
