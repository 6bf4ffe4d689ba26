import type { FileCount } from '../../services/adapters/postgres/files/file-reader.ts'
import type { StoredPipeline } from '../../services/adapters/postgres/pipelines/pipeline-store.ts'
import type { FileState } from '../../services/ledger/tasks/task.ts'
import { taskStates } from '../../services/ledger/tasks/task.ts'
import { filesPipelinesOf } from '../../services/pipelines/files/choose-inbox.ts'

/** What a pipeline loads from the bucket. */
export type PipelineFiles = {
  readonly inbox: string
  /** Null if files stay in the inbox while they are processed. */
  readonly processing: string | null
  readonly archive: string
  readonly error: string
  readonly canceled: string
  readonly match: readonly string[]
  readonly mimetypes: readonly string[]
  /** How many of its files are in each state. */
  readonly counts: Readonly<Record<Exclude<FileState, 'unmatched'>, number>>
}

/** Whether the pipeline loads files. */
export const hasFiles = (pipeline: StoredPipeline): boolean =>
  filesPipelinesOf([pipeline]).length > 0

/** Undefined if it loads no files. */
export function filesOf(
  stored: StoredPipeline,
  all: readonly FileCount[],
): PipelineFiles | undefined {
  const [pipeline] = filesPipelinesOf([stored])
  if (pipeline === undefined) return undefined
  const { inbox, processing = null, archive, error, canceled } = pipeline.source
  const { match, mimetypes = [] } = pipeline.source
  const counts = { queued: 0, running: 0, complete: 0, failed: 0, canceled: 0 }
  for (const { pipeline: name, state, count } of all) {
    if (name === stored.name && state !== 'unmatched') counts[state] = count
  }
  return { inbox, processing, archive, error, canceled, match, mimetypes, counts }
}

/** `3 found: 1 queued, 2 complete` */
export function describeFileCounts({ counts }: PipelineFiles): string {
  const found = taskStates.reduce((sum, state) => sum + counts[state], 0)
  const present = taskStates.filter((state) => counts[state] > 0)
  const states = present.map((state) => `${counts[state]} ${state}`).join(', ')
  return present.length === 0 ? 'none found yet' : `${found} found: ${states}`
}

export const fileTableHead = [
  ...['files of', 'enabled', 'matches', 'inbox', 'moved to'],
  ...taskStates,
] as const

export function toFileCells(name: string, isEnabled: boolean, files: PipelineFiles): string[] {
  const { inbox, archive, error, canceled, match, mimetypes, counts } = files
  return [
    ...[name, isEnabled ? 'yes' : 'no', [...match, ...mimetypes].join(', '), inbox],
    [archive, error, canceled].join(', '),
    ...taskStates.map((state) => String(counts[state])),
  ]
}
