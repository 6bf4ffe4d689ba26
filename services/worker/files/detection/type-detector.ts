import type { ObjectStore, StoredObject } from '../../../adapters/objects/object-store.ts'
import type { ContentType } from './detect-type.ts'
import { detectType, detectWithTika, startBytes, TypeUnavailableError } from './detect-type.ts'

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
  /** Set if Tika could not be reached in this scan. Then it is not asked again for other files. */
  #outage: TypeUnavailableError | undefined

  constructor(options: Options) {
    this.#options = options
  }

  /** Undefined if the file was removed or has changed. @throws TypeUnavailableError */
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
    this.#outage = undefined
  }

  async #detect(object: StoredObject): Promise<ContentType | undefined> {
    const { store, tikaUrl } = this.#options
    if (this.#outage !== undefined) throw this.#outage
    const start = await this.#readStart(store, object)
    if (start === undefined) return undefined
    const name = object.key.slice(object.key.lastIndexOf('/') + 1)
    if (tikaUrl === undefined) return detectType(start, name)
    try {
      return await detectWithTika(tikaUrl, start, name)
    } catch (error) {
      if (error instanceof TypeUnavailableError) this.#outage = error
      throw error
    }
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
