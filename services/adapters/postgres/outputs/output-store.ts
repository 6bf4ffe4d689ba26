import type pg from 'pg'
import type { ListedOutput } from '../../../ledger/task-output.ts'
import { inTransaction, longTransaction } from '../driver/connection.ts'
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

/** The objects of one folder of one day. */
export type ManifestDay = { readonly folder: string; readonly day: string }

/** One transaction stores objects of up to this total size, or one larger object. */
const batchBytes = 4 * 1024 * 1024
/** How many parts one query reads. A part has about 256 KiB. */
const partsAtOnce = 4
const linesAtOnce = 1_000
/** Storing a large object can take longer than other transactions may last. */
const timeoutMs = 30 * 60_000

/** The results of tasks on their way to the bucket. */
export class OutputStore {
  readonly #pool: pg.Pool

  constructor(pool: pg.Pool) {
    this.#pool = pool
  }

  /**
   * Stores the oldest objects, and removes their content from the database. If it fails halfway, they are stored again
   * under the same keys with the same content.
   *
   * @param after stores only objects of tasks with a larger id
   * @param store resolves with the tasks whose objects are in the bucket
   */
  storeNext(
    after: number,
    store: (outputs: readonly WaitingOutput[]) => Promise<readonly number[]>,
  ): Promise<StoredOutputs> {
    const work = async (client: pg.PoolClient): Promise<StoredOutputs> => {
      const { rows } = await client.query<Omit<WaitingOutput, 'content'>>(
        sqlStatement('waiting-outputs'),
        [after, batchBytes],
      )
      const last = rows.at(-1)?.task
      if (last === undefined) return { stored: [], last }
      const outputs = rows.map((row) => ({ ...row, content: () => readParts(client, row.task) }))
      const stored = await store(outputs)
      if (stored.length > 0) await client.query(sqlStatement('set-outputs-stored'), [stored])
      return { stored, last }
    }
    return inTransaction(this.#pool, work, { settings: longTransaction, timeoutMs })
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
    { folder, day }: ManifestDay,
    write: (outputs: AsyncIterable<ListedOutput>) => Promise<void>,
  ): Promise<void> {
    const work = async (client: pg.PoolClient): Promise<void> => {
      const lock = await client.query<{ held: boolean }>(sqlStatement('lock-manifest'), [folder])
      if (lock.rows[0]?.held !== true) return
      const added: number[] = []
      await write(readListed(client, { folder, day }, added))
      await client.query(sqlStatement('set-outputs-listed'), [added])
    }
    return inTransaction(this.#pool, work, { settings: longTransaction, timeoutMs })
  }
}

async function* readParts(client: pg.PoolClient, task: number): AsyncGenerator<Buffer, void> {
  let last = -1
  for (;;) {
    const { rows } = await client.query<{ part: number; content: Buffer }>(
      sqlStatement('output-parts'),
      [task, last, partsAtOnce],
    )
    for (const { content } of rows) yield content
    const next = rows.at(-1)?.part
    if (next === undefined) return
    last = next
  }
}

type ListedRow = ListedOutput & { readonly isNew: boolean }

/** @param added gets the tasks whose objects no manifest has listed before */
async function* readListed(
  client: pg.PoolClient,
  { folder, day }: ManifestDay,
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
