import type pg from 'pg'
import type { CopyStreamQuery } from 'pg-copy-streams'
import { from as copyFrom } from 'pg-copy-streams'

/** Smaller pieces are sent together. */
const leastBytes = 65_536

/**
 * Sends rows with one `COPY`, while they are still being read.
 *
 * It gives the library one piece at a time. If several wait for the connection when the database refuses a row,
 * pg-copy-streams 7.0 throws from an event of the socket, which ends the process.
 */
export class CopyStream {
  readonly #copy: CopyStreamQuery
  readonly #ended: Promise<void>
  #error: Error | undefined
  /** Small pieces that are not sent yet. */
  #waiting: Uint8Array[] = []
  #waitingBytes = 0
  /** Resolves when the connection has taken the latest piece. */
  #taken: Promise<void> = Promise.resolve()

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
    this.#throwError()
    this.#waiting.push(bytes)
    this.#waitingBytes += bytes.length
    if (this.#waitingBytes >= leastBytes) await this.#send()
  }

  /** @returns how many rows the table got: a trigger may leave out rows */
  async end(): Promise<number> {
    await this.#send()
    await this.#untilTaken()
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

  /** Sends what waits, after the piece before it. */
  async #send(): Promise<void> {
    await this.#untilTaken()
    const [first, ...others] = this.#waiting
    if (first === undefined) return
    const piece = others.length === 0 ? first : Buffer.concat(this.#waiting)
    this.#waiting = []
    this.#waitingBytes = 0
    this.#taken = new Promise((resolve) => {
      this.#copy.write(piece, () => {
        resolve()
      })
    })
  }

  async #untilTaken(): Promise<void> {
    await Promise.race([this.#taken, this.#ended])
    this.#throwError()
  }

  #throwError(): void {
    if (this.#error !== undefined) throw this.#error
  }
}
