import { closeSync, existsSync, fsyncSync, openSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Records on the disk whether the segments hold the sequence of every reading ever sent. The name of
 * an empty file holds this flag, because a file can be renamed on a full disk too.
 */
export class SequenceMarker {
  readonly #known: string
  readonly #unknown: string

  readonly #folder: string

  constructor(folder: string) {
    this.#folder = folder
    this.#known = join(folder, 'sequences-known')
    this.#unknown = join(folder, 'sequences-unknown')
  }

  get areAllRecorded(): boolean {
    return existsSync(this.#known)
  }

  /** Whether neither file exists: the folder is new, or another program created it. */
  get isMissing(): boolean {
    return !this.areAllRecorded && !existsSync(this.#unknown)
  }

  write(areAllRecorded: boolean): void {
    if (areAllRecorded === this.areAllRecorded && !this.isMissing) return
    const [from, to] = areAllRecorded ? [this.#unknown, this.#known] : [this.#known, this.#unknown]
    try {
      if (existsSync(from)) renameSync(from, to)
      else writeFileSync(to, '', { mode: 0o600 })
      this.#sync()
    } catch {
      // The old marker remains. The segments are not affected.
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
