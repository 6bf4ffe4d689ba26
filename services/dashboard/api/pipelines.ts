import type { FileState, TaskState } from '../../ledger/tasks/task.ts'

/** Times are ISO 8601 in UTC. */

/**
 * `failing`: a worker runs the pipeline, but cannot go on. `not running`: no worker runs it. `reset`:
 * its declaration was deleted, and no worker has read the file again.
 */
type PipelineState = 'running' | 'failing' | 'not running' | 'paused' | 'disabled' | 'reset'

/** What became of the records, in all logs of the topic. */
export type PipelineCounts = {
  readonly settled: number
  readonly stored: number
  readonly updated: number
  readonly duplicate: number
  readonly deadLettered: number
  /** Dead letters that are neither redriven nor discarded. */
  readonly openDeadLetters: number
}

/** What a pipeline loads from the bucket. */
export type FilesOfPipeline = {
  /** The folder in the bucket into which files are put. */
  readonly inbox: string
  /** Null if files stay in the inbox while they are processed. */
  readonly processing: string | null
  readonly archive: string
  readonly error: string
  readonly canceled: string
  /** Patterns for names. */
  readonly match: readonly string[]
  readonly mimetypes: readonly string[]
  /** How many of its files are in each state. */
  readonly counts: Readonly<Record<Exclude<FileState, 'unmatched'>, number>>
}

/** A declared pipeline. */
export type Pipeline = {
  readonly name: string
  readonly state: PipelineState
  /** Whether it is enabled: by its declaration, or by the setting that replaces it. */
  readonly isEnabled: boolean
  /** Null unless it is paused. */
  readonly pauseReason: string | null
  /** Whether it continues only after `npm run pipeline -- resume NAME --from …`. */
  readonly needsDecision: boolean
  /** Why it cannot go on; null unless its state is `failing`. */
  readonly failure: string | null
  /** What is wrong with the latest version of its file; null if that version is in effect. */
  readonly fileFault: string | null
  /** The way of its records or tasks in words, e.g. `topic data → table classifieds`; null after a reset. */
  readonly route: string | null
  /** The topic that it reads; null if it reads none, and after a reset. */
  readonly topic: string | null
  /** The table that it writes; null if its tasks write others or none, and after a reset. */
  readonly table: string | null
  readonly counts: PipelineCounts
  /** Its tasks by state; null if its records become rows. */
  readonly tasks: Readonly<Record<TaskState, number>> | null
  /** Null if it loads no files. */
  readonly files: FilesOfPipeline | null
  /** Settled records a second; null if not known yet. */
  readonly rate: number | null
  /** Records in Kafka that are not settled yet; null if not known. */
  readonly lag: number | null
  /** The newest of the open dead letters. */
  readonly latestDeadLetter: {
    readonly reason: string
    readonly detail: string
    readonly diedAt: string
  } | null
}

/** `GET /api/pipelines`. */
export type Pipelines = {
  readonly pipelines: readonly Pipeline[]
  readonly workers: {
    /** Number of workers in the configuration (`worker.instances`). */
    readonly configured: number
    /** How many of them answer; null if they were not asked yet. */
    readonly up: number | null
  }
  /** False if this dashboard refuses changes: it is public and has no token. */
  readonly mayChange: boolean
}

/** `GET /api/pipelines/{name}`. */
export type PipelineDetails = Pipeline & {
  /** The file of the declaration, as the worker sees it. */
  readonly file: string
  /** The declaration in effect, with all defaults; null after a reset. */
  readonly declaration: Readonly<Record<string, unknown>> | null
  readonly declaredAt: string
  /** When a worker last ran it, or read its file. */
  readonly seenAt: string
}
