import { closeSync, existsSync, fsyncSync, openSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Says on the disk whether the sequence of every reading ever sent stands in the segments: by the
 * name of an empty file. A name can be changed on a full disk too.
 */
export class KnownSequences {
  readonly #known: string
  readonly #unknown: string

  readonly #folder: string

  constructor(folder: string) {
    this.#folder = folder
    this.#known = join(folder, 'sequences-known')
    this.#unknown = join(folder, 'sequences-unknown')
  }

  get areKnown(): boolean {
    return existsSync(this.#known)
  }

  /** Whether the folder says neither: it is new, or was made by somebody else. */
  get isUnsaid(): boolean {
    return !this.areKnown && !existsSync(this.#unknown)
  }

  say(areKnown: boolean): void {
    if (areKnown === this.areKnown && !this.isUnsaid) return
    const [from, to] = areKnown ? [this.#unknown, this.#known] : [this.#known, this.#unknown]
    try {
      if (existsSync(from)) renameSync(from, to)
      else writeFileSync(to, '', { mode: 0o600 })
      this.#sync()
    } catch {
      // Then the folder keeps saying what it said; the segments are as good as before.
    }
  }

  #sync(): void {
    const folder = openSync(this.#folder, 'r')
    try {
      fsyncSync(folder)
    } finally {
      closeSync(folder)
    }
  }
}
