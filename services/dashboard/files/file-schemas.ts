import type { Json } from '../../adapters/http/openapi.ts'
import { fileStates } from '../../ledger/tasks/task.ts'
import type * as files from '../api/files.ts'
import type { Properties } from '../http/schema-parts.ts'
import {
  count,
  flag,
  integer,
  list,
  object,
  orNull,
  refOrNull,
  text,
  time,
} from '../http/schema-parts.ts'

/** The schemas of the responses about files. */

const state: Json = { enum: fileStates }

const file: Properties<files.File> = {
  ...{ id: count, name: text, key: text, pipeline: orNull(text), state, isCancelRequested: flag },
  ...{ size: count, readBytes: orNull(count), lines: orNull(count), rows: orNull(count) },
  ...{ rejected: orNull(count), attempt: orNull(count) },
  fault: refOrNull(object<NonNullable<files.File['fault']>>({ code: text, message: text })),
  ...{ detail: orNull(text), target: orNull(text), foundAt: time, modifiedAt: time },
  ...{ startedAt: orNull(time), endedAt: orNull(time), archivedAt: orNull(time) },
  task: refOrNull(object<NonNullable<files.File['task']>>({ id: count, url: text })),
  hasErrors: flag,
}

export const bucketSchemas = {
  File: object<files.File>(file),
  Files: object<files.Files>({
    files: list(object<files.File>(file)),
    counts: list(object<files.FileCount>({ pipeline: orNull(text), state, count })),
    inboxes: list(
      object<files.Inbox>({
        pipeline: text,
        folder: text,
        match: list(text),
        mimetypes: list(text),
      }),
    ),
    next: { ...orNull(integer), description: 'The `before` of the next page; null on the last.' },
    maxUploadBytes: {
      ...orNull(count),
      description: 'The longest file that can be uploaded; null if this platform loads no files.',
    },
    mayChange: flag,
  }),
  ManagerStatus: object<files.ManagerStatus>({
    ...{ Queued: count, Processing: count, Complete: count, Failed: count, Canceled: count },
    Unmatched: count,
  }),
  Upload: object<files.Upload>({ pipeline: text, name: text, key: text, size: count }),
}
