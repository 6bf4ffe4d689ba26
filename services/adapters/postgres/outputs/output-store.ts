import { randomUUID } from 'node:crypto'
import type pg from 'pg'
import type { ListedOutput, ManifestDay } from '../../../ledger/task-output.ts'
import { withConnection } from '../driver/connection.ts'
import { sqlStatement } from '../sql-file.ts'

/** An object that waits to be stored in the bucket. */
export type WaitingOutput = {
  readonly task: number
  /** The path in the bucket. */
  readonly key: string
  readonly bytes: number
  /** Reads the content part by part. */
  readonly content: () => AsyncIterable<Buffer>
}

/** The outcome of one call of `storeNext`. */
export type StoredOutputs = {
  readonly stored: readonly number[]
  /** The last task whose object was tried; undefined if nothing waits. */
  readonly last: number | undefined
}

/** One call stores objects of up to this total size, or one larger object. */
const batchBytes = 4 * 1024 * 1024
/** How many parts one query reads. A part has about 256 KiB. */
const partsAtOnce = 4
const linesAtOnce = 1_000
/** After a worker was killed, others store its objects after this time. */
const leaseMs = 15_000
const renewalMs = 5_000

/** The results of tasks on their way to the bucket. */
export class OutputStore {
  readonly #pool: pg.Pool
  readonly #id = randomUUID()
  readonly #leaseMs: number

  /** @param leaseMs tests use a shorter one */
  constructor(pool: pg.Pool, options = { leaseMs }) {
    this.#pool = pool
    this.#leaseMs = options.leaseMs
  }

  /**
   * Stores the oldest objects, and removes their content from the database. No transaction is open meanwhile: leases
   * keep other workers from storing the same objects. If it fails halfway, or lasts longer than its lease, they are
   * stored again under the same keys with the same content.
   *
   * @param after stores only objects of tasks with a larger id
   * @param store resolves with the tasks whose objects are in the bucket
   */
  async storeNext(
    after: number,
    store: (outputs: readonly WaitingOutput[]) => Promise<readonly number[]>,
  ): Promise<StoredOutputs> {
    const { rows } = await this.#pool.query<Omit<WaitingOutput, 'content'>>(
      sqlStatement('waiting-outputs'),
      [after, batchBytes, this.#id, this.#leaseMs],
    )
    const last = rows.at(-1)?.task
    if (last === undefined) return { stored: [], last }
    const tasks = rows.map(({ task }) => task)
    const outputs = rows.map((row) => ({ ...row, content: () => readParts(this.#pool, row) }))
    const renewal = setInterval(() => void this.#renew(tasks), renewalMs)
    try {
      const stored = await store(outputs)
      if (stored.length > 0) await this.#pool.query(sqlStatement('set-outputs-stored'), [stored])
      return { stored, last }
    } finally {
      clearInterval(renewal)
      // If this fails, the leases end by themselves.
      const end = this.#pool.query(sqlStatement('end-output-leases'), [tasks, this.#id])
      await end.catch(() => undefined)
    }
  }

  /** Without it another worker may store the same objects, which has no effect. */
  async #renew(tasks: readonly number[]): Promise<void> {
    const values = [tasks, this.#id, this.#leaseMs]
    await this.#pool.query(sqlStatement('renew-output-leases'), values).catch(() => undefined)
  }

  /** The days whose manifests do not list all objects that are in the bucket. */
  async unlistedDays(): Promise<ManifestDay[]> {
    return (await this.#pool.query<ManifestDay>(sqlStatement('unlisted-days'))).rows
  }

  /**
   * Writes the manifest of a day. Only one worker at a time writes manifests of a folder, so an older list never
   * replaces a newer one.
   *
   * @param write gets all objects of the day that are in the bucket, by task
   */
  writeManifest(
    { folder, day }: Pick<ManifestDay, 'folder' | 'day'>,
    write: (outputs: AsyncIterable<ListedOutput>) => Promise<void>,
  ): Promise<void> {
    return withConnection(this.#pool, async (client, discard) => {
      const lock = await client.query<{ held: boolean }>(sqlStatement('lock-manifest'), [folder])
      if (lock.rows[0]?.held !== true) return
      try {
        const added: number[] = []
        await write(readListed(client, { folder, day }, added))
        await client.query(sqlStatement('set-outputs-listed'), [added])
      } finally {
        await client.query(sqlStatement('unlock-manifest'), [folder]).catch(discard)
      }
    })
  }
}

/** @throws Error if it is no longer complete, because another worker has stored the object or a user has deleted it */
async function* readParts(
  pool: pg.Pool,
  { task, key, bytes }: Omit<WaitingOutput, 'content'>,
): AsyncGenerator<Buffer, void> {
  let [last, read] = [-1, 0]
  for (;;) {
    const { rows } = await pool.query<{ part: number; content: Buffer }>(
      sqlStatement('output-parts'),
      [task, last, partsAtOnce],
    )
    const next = rows.at(-1)?.part
    if (next === undefined) break
    last = next
    for (const { content } of rows) read += content.length
    for (const { content } of rows) yield content
  }
  if (read !== bytes)
    throw new Error(`The content of ${key} was removed from the database meanwhile.`)
}

type ListedRow = ListedOutput & { readonly isNew: boolean }

/** @param added gets the tasks whose objects no manifest has listed before */
async function* readListed(
  client: pg.PoolClient,
  { folder, day }: Pick<ManifestDay, 'folder' | 'day'>,
  added: number[],
): AsyncGenerator<ListedOutput, void> {
  let after = 0
  for (;;) {
    const { rows } = await client.query<ListedRow>(sqlStatement('listed-outputs'), [
      ...[folder, day, after, linesAtOnce],
    ])
    for (const { isNew, ...output } of rows) {
      if (isNew) added.push(output.task)
      yield output
    }
    const next = rows.at(-1)?.task
    if (next === undefined) return
    after = next
  }
}

export type FoundOutput = ListedOutput & {
  readonly pipeline: string
  /** When it was stored in the bucket; null while it waits. */
  readonly storedAt: Date | null
}

/** The object of a task; undefined if the task has made none. */
export async function findOutput(pool: pg.Pool, task: number): Promise<FoundOutput | undefined> {
  const { rows } = await pool.query<FoundOutput>(sqlStatement('find-output'), [task])
  return rows[0]
}
