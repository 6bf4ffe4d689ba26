import type pg from 'pg'
import type { TaskState } from '../../../ledger/tasks/task.ts'
import { sqlStatement } from '../sql-file.ts'
import type { PresentFile } from './file-store.ts'

/** A file whose task has ended. It is to be moved. */
export type EndedFile = PresentFile & {
  readonly id: number
  readonly pipeline: string
  /** Where it was processed; undefined: at its key. */
  readonly processingKey: string | undefined
  /** The name that was reserved for it. */
  readonly targetKey: string | undefined
  readonly task: number
  readonly state: Extract<TaskState, 'complete' | 'failed' | 'canceled'>
  readonly code: string | null
  readonly taskDetail: string | null
  readonly attempt: number
  readonly endedAt: Date
  /** The last log lines of the task. */
  readonly logLines: string | null
}

/** A name for a file after its move, and the attempt of its task that has ended. */
export type Target = { readonly id: number; readonly attempt: number; readonly target: string }

/** What became of a file whose name was reserved. */
export type MovedFile = Target & {
  /** Whether it is at its new path; otherwise it was at no path. */
  readonly isThere: boolean
  /** Why it was not moved. */
  readonly detail: string | undefined
}

/** The moves of the files of one bucket in the table `file`. */
export class FileMoves {
  readonly #pool: pg.Pool
  readonly #bucket: string

  constructor(pool: pg.Pool, bucket: string) {
    this.#pool = pool
    this.#bucket = bucket
  }

  /** Files whose tasks have ended, in the order of their ids. */
  async ended(afterId: number, limit: number): Promise<EndedFile[]> {
    const { rows } = await this.#pool.query<EndedRow>(sqlStatement('ended-files'), [
      this.#bucket,
      afterId,
      limit,
    ])
    return rows.map(({ modified_at, target_key, processing_key, ...rest }) => {
      const { detail, ended_at, lines, ...row } = rest
      return {
        ...row,
        processingKey: processing_key ?? undefined,
        modifiedAt: modified_at,
        targetKey: target_key ?? undefined,
        taskDetail: detail,
        endedAt: ended_at,
        logLines: lines,
      }
    })
  }

  /** How many files with each path were moved, or have a reserved name for the move; none: 0 or absent. */
  async countsOfKeys(keys: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const { rows } = await this.#pool.query<{ key: string; count: number }>(
      sqlStatement('count-files-of-keys'),
      [this.#bucket, keys],
    )
    return new Map(rows.map(({ key, count }) => [key, count]))
  }

  /**
   * Reserves the names to which files are moved.
   *
   * @param targets with different names
   * @returns by the id of the file whether the name is reserved, or belongs to another file. A file whose task was
   *   tried again is missing
   */
  async reserve(targets: readonly Target[]): Promise<ReadonlyMap<number, boolean>> {
    if (targets.length === 0) return new Map()
    const { rows } = await this.#pool.query<{ id: number; is_reserved: boolean }>(
      sqlStatement('reserve-targets'),
      [this.#bucket, ...columnsOf(targets)],
    )
    return new Map(rows.map(({ id, is_reserved: isReserved }) => [id, isReserved]))
  }

  /** Records that files are no longer in the inbox. Those whose tasks were tried again are moved again later. */
  async setArchived(files: readonly MovedFile[]): Promise<void> {
    if (files.length === 0) return
    await this.#pool.query(sqlStatement('set-archived'), [
      ...columnsOf(files),
      files.map(({ isThere }) => isThere),
      files.map(({ detail }) => detail ?? null),
    ])
  }
}

const columnsOf = (targets: readonly Target[]): [number[], number[], string[]] => [
  targets.map(({ id }) => id),
  targets.map(({ attempt }) => attempt),
  targets.map(({ target }) => target),
]

type EndedRow = Pick<
  EndedFile,
  'id' | 'key' | 'size' | 'etag' | 'pipeline' | 'task' | 'state' | 'code' | 'attempt'
> & {
  readonly modified_at: Date
  readonly target_key: string | null
  readonly processing_key: string | null
  readonly detail: string | null
  readonly ended_at: Date
  readonly lines: string | null
}
