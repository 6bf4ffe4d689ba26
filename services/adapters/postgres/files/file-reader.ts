import type pg from 'pg'
import type { FileState } from '../../../ledger/tasks/task.ts'
import { sqlStatement } from '../sql-file.ts'

/** A file of the bucket, and what has become of it. */
export type StoredFile = {
  readonly id: number
  readonly bucket: string
  /** Its path in the bucket when it was found. */
  readonly key: string
  /** Null while no pipeline matches it. */
  readonly pipeline: string | null
  readonly task: number | null
  readonly state: FileState
  /** In bytes. */
  readonly size: number
  readonly modifiedAt: Date
  readonly foundAt: Date
  /** Number of the latest attempt to load it; null if its task was deleted, or if it has none. */
  readonly attempt: number | null
  /** The part that was read, from 0 to 1; null if it is not known. */
  readonly progress: number | null
  /** Lines that were read; null before it is loaded. */
  readonly lines: number | null
  /** Rows that were added or changed; null before it is loaded, and if its task was deleted. */
  readonly rows: number | null
  /** Lines that became dead letters; null before it is loaded. */
  readonly rejected: number | null
  /** What is special about the file: a sentence. */
  readonly detail: string | null
  /** Why the latest attempt failed. */
  readonly fault: { readonly code: string; readonly message: string } | null
  readonly isCancelRequested: boolean
  readonly targetKey: string | null
  readonly archivedAt: Date | null
  readonly startedAt: Date | null
  readonly endedAt: Date | null
}

/** An undefined filter does not restrict the list. */
export type FileFilter = {
  readonly pipeline?: string | undefined
  readonly state?: FileState | undefined
  /** Only files with a lower id, for the next page. */
  readonly before?: number | undefined
  readonly key?: string | undefined
  /** Only files with a higher id. */
  readonly after?: number | undefined
  readonly limit: number
}

/** How many files of a pipeline are in a state. @member pipeline null: no pipeline loads them */
export type FileCount = {
  readonly pipeline: string | null
  readonly state: FileState
  readonly count: number
}

/** A line that became a dead letter. */
export type LineOfFile = {
  readonly line: number
  readonly code: string
  readonly detail: string
  readonly text: Buffer
}

/** Reads the table of files. */
export class FileReader {
  readonly #pool: pg.Pool

  constructor(pool: pg.Pool) {
    this.#pool = pool
  }

  /** Files that match the filter, the newest first. */
  async list({ pipeline, state, before, key, after, limit }: FileFilter): Promise<StoredFile[]> {
    const { rows } = await this.#pool.query<FileRow>(sqlStatement('list-files'), [
      ...[pipeline ?? null, state ?? null, before ?? null, key ?? null, after ?? null, limit],
    ])
    return rows.map(toStored)
  }

  async find(id: number): Promise<StoredFile | undefined> {
    const { rows } = await this.#pool.query<FileRow>(sqlStatement('find-file'), [id])
    const [row] = rows
    return row && toStored(row)
  }

  /** The id of the file that was found last; 0 if there is none. */
  async newestId(): Promise<number> {
    const { rows } = await this.#pool.query<{ id: number }>(sqlStatement('newest-file'))
    return rows[0]?.id ?? 0
  }

  /** The dead letters of the lines of a file, in their order. */
  async lineLetters({ pipeline, task }: StoredFile, limit: number): Promise<LineOfFile[]> {
    const { rows } = await this.#pool.query<LineOfFile>(sqlStatement('list-line-letters'), [
      ...[pipeline, task, limit],
    ])
    return rows
  }

  /** By pipeline and state. */
  async counts(): Promise<FileCount[]> {
    const { rows } = await this.#pool.query<FileCount>(sqlStatement('count-files'))
    return rows
  }
}

type FileRow = Pick<
  StoredFile,
  | ('id' | 'bucket' | 'key' | 'pipeline' | 'task' | 'state' | 'size' | 'attempt' | 'progress')
  | ('lines' | 'rows' | 'rejected' | 'detail')
> & {
  readonly modified_at: Date
  readonly found_at: Date
  readonly code: string | null
  readonly task_detail: string | null
  readonly cancel_requested_at: Date | null
  readonly target_key: string | null
  readonly archived_at: Date | null
  readonly started_at: Date | null
  readonly ended_at: Date | null
}

function toStored(row: FileRow): StoredFile {
  const { id, bucket, key, pipeline, task, state, size, attempt, progress, lines, rows } = row
  return {
    ...{ id, bucket, key, pipeline, task, state, size, attempt, progress, lines, rows },
    rejected: row.rejected,
    detail: row.detail,
    fault: row.code === null ? null : { code: row.code, message: row.task_detail ?? '' },
    isCancelRequested: state === 'running' && row.cancel_requested_at !== null,
    targetKey: row.target_key,
    archivedAt: row.archived_at,
    modifiedAt: row.modified_at,
    foundAt: row.found_at,
    startedAt: row.started_at,
    endedAt: row.ended_at,
  }
}
