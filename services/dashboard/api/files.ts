import type { FileState } from '../../ledger/tasks/task.ts'

/** Times are ISO 8601 in UTC. */

/** A file that was put into the bucket. */
export type File = {
  readonly id: number
  /** Without its folder. */
  readonly name: string
  /** Its path in the bucket when it was found. */
  readonly key: string
  /** Null while no pipeline matches it. */
  readonly pipeline: string | null
  readonly state: FileState
  /** Whether a user has asked to cancel it, and it has not ended yet. */
  readonly isCancelRequested: boolean
  /** In bytes. */
  readonly size: number
  /** Bytes that were read; null if it is not known. */
  readonly readBytes: number | null
  /** Lines that were read; null before the first. */
  readonly lines: number | null
  /** Rows that were added or changed; null before it is loaded, and later than seven days after its end. */
  readonly rows: number | null
  /** Lines that became dead letters; null before it is loaded. */
  readonly rejected: number | null
  /** How often it was tried; null without a task. */
  readonly attempt: number | null
  /** Why the last attempt failed; null if it did not fail. */
  readonly fault: { readonly code: string; readonly message: string } | null
  /** What is special about the file, or why no pipeline loads it: a sentence. */
  readonly detail: string | null
  /** Where it was moved to, or will be moved to. */
  readonly target: string | null
  readonly foundAt: string
  readonly modifiedAt: string
  readonly startedAt: string | null
  readonly endedAt: string | null
  /** When it was moved out of the inbox. */
  readonly archivedAt: string | null
  /** Null without a task, and later than seven days after its end. */
  readonly task: { readonly id: number; readonly url: string } | null
  /** Whether `/api/files/{id}/errors` says why it, or lines of it, were not loaded. */
  readonly hasErrors: boolean
}

/** How many files of a pipeline are in a state. */
export type FileCount = {
  readonly pipeline: string | null
  readonly state: FileState
  readonly count: number
}

/** A pipeline that takes files. */
export type Inbox = {
  readonly pipeline: string
  /** The folder in the bucket. */
  readonly folder: string
  /** Patterns for names. */
  readonly match: readonly string[]
  /** Types, e.g. `text/csv`. A file whose name or type matches belongs to the pipeline. */
  readonly mimetypes: readonly string[]
}

/** `GET /api/files`. */
export type Files = {
  /** The newest first. */
  readonly files: readonly File[]
  /** Of all files, without the filter. */
  readonly counts: readonly FileCount[]
  readonly inboxes: readonly Inbox[]
  /** The value of `before` for the next page; null on the last page. */
  readonly next: number | null
  /** The longest file that can be uploaded, in bytes; null if this platform loads no files. */
  readonly maxUploadBytes: number | null
  /** False if this dashboard refuses changes: it is public and has no token. */
  readonly mayChange: boolean
}

/** `GET /manager/status`: how many files are in each state, in the words of Cast Iron. */
export type ManagerStatus = Readonly<
  Record<'Queued' | 'Processing' | 'Complete' | 'Failed' | 'Canceled' | 'Unmatched', number>
>

/** `PUT /api/files/{pipeline}/{name}`. */
export type Upload = {
  readonly pipeline: string
  readonly name: string
  /** Its path in the bucket. */
  readonly key: string
  /** In bytes. */
  readonly size: number
}
