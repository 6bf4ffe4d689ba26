import { once } from 'node:events'
import type pg from 'pg'
import type { CopyStreamQuery } from 'pg-copy-streams'
import { from as copyFrom } from 'pg-copy-streams'

/** Sends rows with one `COPY`, while they are still being read. */
export class CopyStream {
  readonly #copy: CopyStreamQuery
  readonly #ended: Promise<void>
  #error: Error | undefined

  /** @param statement `COPY … FROM STDIN …` */
  constructor(client: pg.PoolClient, statement: string) {
    this.#copy = client.query(copyFrom(statement))
    this.#ended = new Promise((resolve) => {
      this.#copy.once('finish', resolve)
      this.#copy.on('error', (error: Error) => {
        this.#error ??= error
        resolve()
      })
    })
  }

  /** Resolves when more can be sent. Rejects if the database has ended the `COPY`. */
  async write(bytes: Uint8Array): Promise<void> {
    if (this.#error !== undefined) throw this.#error
    if (this.#copy.write(bytes)) return
    const drained = new AbortController()
    try {
      await Promise.race([once(this.#copy, 'drain', { signal: drained.signal }), this.#ended])
    } finally {
      drained.abort()
    }
    this.#throwError()
  }

  /** @returns how many rows the table got: a trigger may leave out rows */
  async end(): Promise<number> {
    this.#throwError()
    this.#copy.end()
    await this.#ended
    this.#throwError()
    return this.#copy.rowCount
  }

  /** Ends the `COPY` without storing its rows. Resolves when the connection can be used again. */
  async abort(): Promise<void> {
    if (this.#error !== undefined) return
    this.#copy.destroy(new Error('The load has ended.'))
    await this.#ended
  }

  #throwError(): void {
    if (this.#error !== undefined) throw this.#error
  }
}
