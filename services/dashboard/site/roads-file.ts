import { open } from 'node:fs/promises'
import type { StaticFile } from '../../adapters/http/files/static-file.ts'
import { toStaticFile } from '../../adapters/http/files/static-file.ts'

export const roadsType = 'application/geo+json'
/** The roads of 20,000 simulated vehicles take less than a tenth of this. */
const maxBytes = 64 * 1024 * 1024

/** The file with the roads of the simulated vehicles. Each version of it is read once. */
export class RoadsFile {
  readonly #path: string
  #version = ''
  #content: StaticFile | undefined
  #reading: Promise<StaticFile | undefined> | undefined

  constructor(path: string) {
    this.#path = path
  }

  /** Undefined if there is no file yet, or it is larger than `maxBytes`. Requests share one read. */
  read(): Promise<StaticFile | undefined> {
    this.#reading ??= this.#readChanged()
      .catch(() => undefined)
      .finally(() => {
        this.#reading = undefined
      })
    return this.#reading
  }

  async #readChanged(): Promise<StaticFile | undefined> {
    const file = await open(this.#path)
    try {
      const { ino, mtimeMs, size } = await file.stat()
      if (size > maxBytes) return undefined
      const version = `${ino}-${mtimeMs}-${size}`
      if (version !== this.#version) {
        this.#content = toStaticFile(await file.readFile(), roadsType)
        this.#version = version
      }
      return this.#content
    } finally {
      await file.close()
    }
  }
}
