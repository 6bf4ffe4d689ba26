import type { Random } from '../../../fleet/random.ts'
import type { ObjectStore } from '../../../services/adapters/objects/object-store.ts'
import { sleep } from '../../../services/runtime/retry.ts'
import type { DroppedFile } from './dropped-file.ts'
import { drawFile, textOf } from './dropped-file.ts'
import type { Route } from './routes.ts'
import { archiveOf, inboxOf } from './routes.ts'

export type LoadOptions = {
  readonly store: ObjectStore
  readonly run: string
  /** Files per second. */
  readonly rate: number
  readonly random: Random
  readonly routes: readonly Route[]
}

const retryMs = 500

/** Drops files into the inbox. A file that could not be written is written again. */
export class Load implements AsyncDisposable {
  readonly #options: LoadOptions
  readonly #stop = new AbortController()
  readonly #giveUp = new AbortController()
  readonly #loop: Promise<void>
  #number = 0
  /** Files that the store has acknowledged. */
  readonly dropped: DroppedFile[] = []
  /** Contents with bad lines. */
  readonly withBadLines = new Set<number>()
  /** Writes that failed. */
  refused = 0

  constructor(options: LoadOptions) {
    this.#options = options
    this.#loop = this.#run()
  }

  /** Drops a file with this number of good lines. */
  async dropLarge(lines: number): Promise<void> {
    const number = (this.#number += 1)
    const { run } = this.#options
    const file = { name: `${run}-large-${number}.csv`, content: number, lines }
    await this.#write({ ...file, route: 'table', kind: 'plain' })
  }

  /** @returns a sentence if files were not written */
  async stop(timeoutSeconds: number): Promise<string[]> {
    this.#stop.abort()
    const limit = setTimeout(() => {
      this.#giveUp.abort()
    }, timeoutSeconds * 1_000)
    await this.#loop
    clearTimeout(limit)
    if (!this.#giveUp.signal.aborted) return []
    return [`a file could not be written within ${timeoutSeconds} s after the last one`]
  }

  async #run(): Promise<void> {
    const { rate, run, random, routes } = this.#options
    const { signal } = this.#stop
    for (;;) {
      await sleep(1_000 / rate, signal)
      if (signal.aborted) return
      const number = (this.#number += 1)
      const file = drawFile(run, number, { random, routes, earlier: this.dropped })
      if (file.kind === 'bad-lines') this.withBadLines.add(file.content)
      await this.#write(file)
    }
  }

  async #write(file: DroppedFile): Promise<void> {
    const { store, run } = this.#options
    const text = textOf(run, file, this.withBadLines.has(file.content))
    for (let attempt = 1; !this.#giveUp.signal.aborted; attempt += 1) {
      try {
        // The answer to an earlier attempt may be lost. Its file is not written again.
        if (attempt === 1 || !(await this.#isThere(file)))
          await store.write(`${inboxOf(file.route)}/${file.name}`, Buffer.from(text))
        this.dropped.push(file)
        return
      } catch {
        this.refused += 1
        await sleep(retryMs, this.#giveUp.signal)
      }
    }
  }

  /** Whether the file waits in the inbox, or was loaded and moved meanwhile. */
  async #isThere({ route, name }: DroppedFile): Promise<boolean> {
    const { store } = this.#options
    if ((await store.find(`${inboxOf(route)}/${name}`)) !== undefined) return true
    return (await store.find(`${archiveOf(route)}/${name}`)) !== undefined
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#giveUp.abort()
    await this.stop(0)
  }
}
