import type pg from 'pg'
import { inTransaction } from '../driver/connection.ts'
import { requireRows } from '../driver/require-rows.ts'
import { sqlStatement } from '../sql-file.ts'

/** A file as the object store lists it. */
export type PresentFile = {
  readonly key: string
  /** In bytes. */
  readonly size: number
  readonly etag: string
  readonly modifiedAt: Date
  /** Its type, if it is known. */
  readonly contentType?: { readonly type: string; readonly detectedBy: string } | undefined
}

/** A file that no pipeline loads. @member detail why it cannot be loaded; null: no pattern matches */
export type UnmatchedFile = PresentFile & { readonly detail: string | null }

/** A file of the table that is not archived. @member task null if no pipeline loads it */
export type OpenFile = {
  readonly id: number
  readonly key: string
  readonly etag: string
  readonly task: number | null
  readonly processingKey: string | undefined
}

/** The file of a task, and where it is. */
export type FileOfTask = Omit<PresentFile, 'key'> & {
  readonly id: number
  readonly place: string
  /** Where it is processed, or will be after the move; undefined: where it is. */
  readonly processingKey: string | undefined
  /** Where a move after an earlier attempt may have put it; undefined: nowhere. */
  readonly targetKey: string | undefined
  /** Whether it was moved after an earlier attempt. */
  readonly isArchived: boolean
  /** Its type; null if it is not known. */
  readonly mimetype: string | null
  /** The hash of the content that was loaded; null if it was not loaded, or its content may be loaded again. */
  readonly sha256: Buffer | null
}

/** A file that waits in the inbox. */
export type WaitingFile = PresentFile & { readonly id: number }

/** The content of a loaded file: its hash, and what became of its lines. */
export type LoadedFile = {
  /** Null if the same content can be loaded again. */
  readonly sha256: Buffer | null
  /** Null if a handler or a command has read the file. */
  readonly lines: number | null
  readonly rejected: number | null
  readonly detail: string | null
}

type Client = pg.Pool | pg.PoolClient

/** The handler that the table `task` shows for a file. */
const fileMethod = 'load_file'
/** The largest number of files that are inserted in one transaction. */
const maxTogether = 500
/** Of the path of a file in the unit of its task, in characters. */
const maxShownLength = 200

/** The files of one bucket in the table `file`. */
export class FileStore {
  readonly #pool: pg.Pool
  readonly #bucket: string

  constructor(pool: pg.Pool, bucket: string) {
    this.#pool = pool
    this.#bucket = bucket
  }

  /** The files of the table that are not archived. */
  async open(): Promise<OpenFile[]> {
    const { rows } = await this.#pool.query<OpenRow>(sqlStatement('open-files'), [this.#bucket])
    return rows.map(({ processing_key: place, ...row }) => ({
      ...row,
      processingKey: place ?? undefined,
    }))
  }

  /** Makes a task for each file that has none. @returns how many were made */
  async makeTasks(pipeline: string, files: readonly PresentFile[]): Promise<number> {
    let made = 0
    for (let first = 0; first < files.length; first += maxTogether) {
      const some = files.slice(first, first + maxTogether)
      made += await inTransaction(this.#pool, (client) => this.#makeTasks(client, pipeline, some))
    }
    return made
  }

  async #makeTasks(
    client: pg.PoolClient,
    pipeline: string,
    files: readonly PresentFile[],
  ): Promise<number> {
    await this.removeUnmatched(
      files.map(({ key }) => key),
      client,
    )
    const withoutDetail = files.map((file) => ({ ...file, detail: null }))
    const inserted = await this.#insert(client, pipeline, withoutDetail)
    if (inserted.length === 0) return 0
    const byKey = new Map(files.map((file) => [file.key, file]))
    const tasks = inserted.flatMap(({ id, key, task }) => {
      const file = byKey.get(key)
      return file === undefined ? [] : [{ id: task, ...this.#taskOf(id, file) }]
    })
    const made = await client.query(sqlStatement('insert-file-tasks'), [
      pipeline,
      fileMethod,
      tasks.map(({ id }) => id),
      tasks.map(({ unit }) => unit),
      tasks.map(({ params }) => params),
    ])
    requireRows(made, inserted.length, 'task')
    return inserted.length
  }

  /** The unit has the id of the row, because a file that was loaded may be put back into the inbox. */
  #taskOf(
    id: number,
    { key, etag, modifiedAt }: PresentFile,
  ): { readonly unit: string; readonly params: string } {
    const path = JSON.stringify(`${this.#bucket}/${key}`).slice(1, -1)
    const shown = path.length > maxShownLength ? `${path.slice(0, maxShownLength)}…` : path
    return {
      unit: `${shown} ${modifiedAt.toISOString()} ${etag} file ${id}`,
      params: JSON.stringify({ file: key }),
    }
  }

  /** Adds files that no pipeline loads. */
  async recordUnmatched(files: readonly UnmatchedFile[]): Promise<void> {
    for (let first = 0; first < files.length; first += maxTogether) {
      const some = files.slice(first, first + maxTogether)
      await inTransaction(this.#pool, async (client) => {
        await this.removeUnmatched(
          some.map(({ key }) => key),
          client,
        )
        await this.#insert(client, null, some)
      })
    }
  }

  /** Deletes the rows of files that no pipeline loads. */
  async removeUnmatched(keys: readonly string[], client: Client = this.#pool): Promise<void> {
    if (keys.length === 0) return
    await client.query(sqlStatement('remove-unmatched'), [this.#bucket, keys])
  }

  async #insert(
    client: pg.PoolClient,
    pipeline: string | null,
    files: readonly UnmatchedFile[],
  ): Promise<InsertedFile[]> {
    const { rows } = await client.query<InsertedFile>(sqlStatement('insert-files'), [
      this.#bucket,
      files.map(({ key }) => key),
      files.map(({ size }) => size),
      files.map(({ etag }) => etag),
      files.map(({ modifiedAt }) => modifiedAt),
      files.map(({ contentType }) => contentType?.type ?? null),
      files.map(({ contentType }) => contentType?.detectedBy ?? null),
      files.map(({ detail }) => detail),
      pipeline,
    ])
    return rows
  }

  async ofTask(task: number): Promise<FileOfTask | undefined> {
    const { rows } = await this.#pool.query<TaskRow>(sqlStatement('find-file-of-task'), [task])
    const [row] = rows
    if (row === undefined) return undefined
    const { id, place, size, etag, modified_at: modifiedAt, is_archived: isArchived } = row
    const processingKey = row.processing_key ?? undefined
    const targetKey = row.target_key ?? undefined
    const { content_type: mimetype, sha256 } = row
    const places = { place, processingKey, targetKey }
    return { id, ...places, size, etag, modifiedAt, isArchived, mimetype, sha256 }
  }

  /** Records that a file was found where a move after an earlier attempt has put it. */
  async takeFromTarget(id: number, target: string): Promise<void> {
    await this.#pool.query(sqlStatement('take-from-target'), [id, target])
  }

  /** Records that the content of a file changed before it was loaded. */
  async recordChange(id: number, { size, etag, modifiedAt }: PresentFile): Promise<void> {
    await this.#pool.query(sqlStatement('change-file'), [id, size, etag, modifiedAt])
  }

  /** Shows how many lines of a file were read so far. */
  async recordLines(task: number, lines: number): Promise<void> {
    await this.#pool.query(sqlStatement('record-lines'), [task, lines])
  }

  /** The files of tasks for which no move has begun, by the ids of the tasks. */
  async ofTasks(tasks: readonly number[]): Promise<ReadonlyMap<number, WaitingFile>> {
    const { rows } = await this.#pool.query<
      Omit<WaitingFile, 'modifiedAt'> & { task: number; modified_at: Date; place: string }
    >(sqlStatement('find-files-of-tasks'), [tasks])
    return new Map(
      rows.map(({ task, id, place: key, size, etag, modified_at: modifiedAt }) => [
        task,
        { id, key, size, etag, modifiedAt },
      ]),
    )
  }

  /** Records where a file is processed, before it is moved there. `taken`: another file has this key. */
  async reserveProcessing(
    id: number,
    attempt: number,
    key: string,
  ): Promise<'reserved' | 'taken' | 'attempt-ended'> {
    const { rows } = await this.#pool.query<{ is_held: boolean; is_reserved: boolean }>(
      sqlStatement('reserve-processing'),
      [id, this.#bucket, key, attempt],
    )
    if (rows[0]?.is_held !== true) return 'attempt-ended'
    return rows[0].is_reserved ? 'reserved' : 'taken'
  }
}

/** @member task null if no pipeline loads it */
type InsertedFile = { readonly id: number; readonly key: string; readonly task: number | null }

type OpenRow = Omit<OpenFile, 'processingKey'> & { readonly processing_key: string | null }

type TaskRow = Pick<FileOfTask, 'id' | 'place' | 'size' | 'etag' | 'sha256'> & {
  readonly modified_at: Date
  readonly is_archived: boolean
  readonly processing_key: string | null
  readonly target_key: string | null
  readonly content_type: string | null
}
