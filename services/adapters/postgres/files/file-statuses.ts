import type pg from 'pg'
import { sqlStatement } from '../sql-file.ts'

/** The status of a file, with the names that its copy has. Times are in seconds since the Unix epoch. */
export type FileStatus = {
  /** The random id of the database. */
  readonly installation: string
  readonly id: number
  readonly bucket_name: string
  /** Where the file is: its path in the bucket. */
  readonly file_name: string
  readonly original_filename: string
  readonly status: 'Queued' | 'Processing' | 'Complete' | 'Failed' | 'Canceled'
  readonly size: number
  readonly etag: string
  readonly content_type: string | null
  readonly created_dt: number
  readonly updated_dt: number
  readonly pipeline: string
  readonly task: number | null
  readonly attempt: number
  /** From 0 to 1. */
  readonly progress: number
  readonly rows: number | null
  readonly lines: number | null
  readonly rejected: number | null
  readonly detail: string | null
  /** A later reading has a higher one. */
  readonly version: number
}

/** Reads the present status of files. Files that were deleted meanwhile are missing. */
export async function readFileStatuses(
  pool: pg.Pool,
  files: readonly number[],
): Promise<FileStatus[]> {
  return (await pool.query<FileStatus>(sqlStatement('file-statuses'), [files])).rows
}

/** Switches on or off that changes of files are recorded for the copy of their status. */
export async function setFileStatusCopy(client: pg.PoolClient, isOn: boolean): Promise<void> {
  await client.query(sqlStatement('set-file-status-copy'), [isOn])
}
