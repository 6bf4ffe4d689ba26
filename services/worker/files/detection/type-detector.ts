import type { ObjectStore, StoredObject } from '../../../adapters/objects/object-store.ts'
import { sleep } from '../../../runtime/retry.ts'
import type { ContentType } from './detect-type.ts'
import { detectType, detectWithTika, startBytes, TypeUnavailableError } from './detect-type.ts'

type Options = {
  readonly store: ObjectStore
  /** Address of a Tika server; undefined: types are detected here. */
  readonly tikaUrl: string | undefined
}

type Known = { readonly etag: string; readonly type: ContentType }

/** A request to Tika, for one content of a file. */
type Request = {
  readonly key: string
  readonly etag: string
  readonly answer: Promise<ContentType>
  isSettled: boolean
}

/** A scan waits at most this long for Tika. A later answer is used by a later scan. */
const patienceMs = 1_000

/** Detects the types of the files in the inboxes, of each content once. */
export class TypeDetector {
  readonly #options: Options
  #known: ReadonlyMap<string, Known> = new Map()
  #next = new Map<string, Known>()
  /** Set if Tika could not be reached in this scan. Then it is not asked again for other files. */
  #outage: TypeUnavailableError | undefined
  /** The latest request to Tika. There is only one at a time. */
  #request: Request | undefined

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
    if (tikaUrl !== undefined && this.#isBusyFor(object)) throw notAnswered(tikaUrl)
    const start = await this.#readStart(store, object)
    if (start === undefined) return undefined
    const name = object.key.slice(object.key.lastIndexOf('/') + 1)
    if (tikaUrl === undefined) return detectType(start, name)
    try {
      return await this.#answerFor(object, tikaUrl, () => detectWithTika(tikaUrl, start, name))
    } catch (error) {
      if (error instanceof TypeUnavailableError) this.#outage = error
      throw error
    }
  }

  /** Whether Tika has not answered a request for another content. */
  #isBusyFor(object: StoredObject): boolean {
    return this.#request?.isSettled === false && !isFor(this.#request, object)
  }

  async #answerFor(
    object: StoredObject,
    tikaUrl: string,
    ask: () => Promise<ContentType>,
  ): Promise<ContentType> {
    const { key, etag } = object
    if (this.#request === undefined || !isFor(this.#request, object)) {
      const request: Request = { key, etag, answer: ask(), isSettled: false }
      const settle = (): void => {
        request.isSettled = true
      }
      request.answer.then(settle, settle)
      this.#request = request
    }
    const late = new AbortController()
    const answer = await Promise.race([
      this.#request.answer,
      sleep(patienceMs, late.signal).then(() => undefined),
    ]).finally(() => {
      late.abort()
      if (this.#request?.isSettled === true) this.#request = undefined
    })
    if (answer === undefined) throw notAnswered(tikaUrl)
    return answer
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

const isFor = (request: Request, { key, etag }: StoredObject): boolean =>
  request.key === key && request.etag === etag

const notAnswered = (url: string): TypeUnavailableError =>
  new TypeUnavailableError(`Tika at ${url} (files.tikaUrl) has not answered yet.`)

const isForbidden = (error: unknown): boolean =>
  ['EACCES', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')
