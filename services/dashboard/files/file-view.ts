import type { StoredFile } from '../../adapters/postgres/files/file-reader.ts'
import type { FilesPipeline } from '../../pipelines/declaration/task-declaration.ts'
import type { File, Inbox } from '../api/files.ts'

const noMatch = 'No pipeline matches its name or its type.'

/** A file in the form of the API. */
export function toFile(file: StoredFile): File {
  const { id, key, pipeline, state, size, lines, rows, rejected, attempt, fault, task } = file
  const { isCancelRequested, targetKey: target } = file
  // The rows of tasks are deleted seven days after their end. Their files then have no attempt.
  const hasTask = task !== null && attempt !== null
  return {
    ...{ id, name: key.slice(key.lastIndexOf('/') + 1), key, pipeline, state, isCancelRequested },
    ...{ size, readBytes: readBytesOf(file), lines, rows, rejected, attempt, fault },
    detail: state === 'unmatched' ? (file.detail ?? noMatch) : file.detail,
    target,
    foundAt: file.foundAt.toISOString(),
    modifiedAt: file.modifiedAt.toISOString(),
    startedAt: toIso(file.startedAt),
    endedAt: toIso(file.endedAt),
    archivedAt: toIso(file.archivedAt),
    task: hasTask ? { id: task, url: `/api/tasks/${task}` } : null,
    hasErrors: state === 'failed' || (rejected ?? 0) > 0,
  }
}

const toIso = (time: Date | null): string | null => time?.toISOString() ?? null

function readBytesOf({ state, size, progress }: StoredFile): number | null {
  if (state === 'complete') return size
  return progress === null ? null : Math.round(progress * size)
}

export const toInbox = ({ name, source }: FilesPipeline): Inbox => ({
  pipeline: name,
  folder: source.inbox,
  match: source.match,
  mimetypes: source.mimetypes ?? [],
})
