import type { RetryRule, TaskTarget } from '../../ledger/tasks/target.ts'
import type { Encoding } from '../files/content/encoding.ts'
import type { ObjectFormatName } from '../files/formats/formats.ts'
import type { ReadingsStep } from '../files/readings/readings-step.ts'
import type { Declaration, DeclaredColumn, UnknownFields } from './declaration.ts'

/** A declared pipeline of any kind. */
export type PipelineDeclaration = Declaration | TaskDeclaration

/** Whether the pipeline makes tasks. The others store records of a topic. */
export const isTaskDeclaration = (
  declaration: PipelineDeclaration,
): declaration is TaskDeclaration => 'kind' in declaration

/** The topic whose records the pipeline reads; undefined if it reads none. */
export function topicOf(declaration: PipelineDeclaration): string | undefined {
  if (!isTaskDeclaration(declaration)) return declaration.topic.name
  return declaration.source.kind === 'topic' ? declaration.source.name : undefined
}

/** The table that only this pipeline writes; undefined if there is none. */
export function ownTableOf(declaration: PipelineDeclaration): string | undefined {
  if (!isTaskDeclaration(declaration)) return declaration.table.name
  return declaration.to.kind === 'table' ? declaration.to.table.name : undefined
}

/** A pipeline whose messages, scheduled times or files become tasks. */
export type TaskDeclaration = {
  readonly kind: 'task'
  readonly name: string
  readonly isEnabled: boolean
  readonly source: TaskSource
  readonly step: TaskStep
  /** Tasks of the pipeline that a worker runs at the same time. */
  readonly concurrency: number
  /** After this time an attempt is ended, in milliseconds. */
  readonly timeoutMs: number
  readonly retry: RetryRule
  readonly to: TaskTarget
  /** The topic for envelopes of failed tasks; undefined: none are sent. */
  readonly errors: string | undefined
  /** The topic for events of its tasks. The database reads this key; undefined: none are sent. */
  readonly progress?: string | undefined
}

/** The topic whose messages become tasks. */
export type TaskTopic = {
  readonly name: string
  readonly start: 'earliest' | 'latest' | 'committed'
  readonly group: string | undefined
}

export type TaskSource =
  | ({ readonly kind: 'topic' } & TaskTopic)
  /** Tasks come from the API only. */
  | { readonly kind: 'api' }
  | FileSource
  | {
      readonly kind: 'schedule'
      readonly schedule: Schedule
      /** Whose late rows make a window be computed again. */
      readonly reads: { readonly table: string; readonly time: string } | undefined
    }

/** Files of the bucket that become tasks. Folders are paths in the bucket. */
export type FileSource = {
  readonly kind: 'files'
  /** Where new files are put. Its subfolders are not read. */
  readonly inbox: string
  /** Where a file is while it is processed; undefined: it stays in the inbox. */
  readonly processing?: string | undefined
  /** Where loaded files are moved to. */
  readonly archive: string
  /** Where files that could not be loaded are moved to. */
  readonly error: string
  /** Where files whose tasks were canceled are moved to. */
  readonly canceled: string
  /** Whether failed files have no error log beside them. */
  readonly hasNoErrorLog?: boolean | undefined
  /** Patterns for names. A file whose name or type matches one is one of the pipeline. */
  readonly match: readonly string[]
  /** Types of files, e.g. `text/csv` or `text/*`. */
  readonly mimetypes?: readonly string[]
  /** Whether content that this pipeline has loaded before is skipped or loaded again. */
  readonly onRepeat: 'skip' | 'load'
}

/** When a scheduled pipeline runs, and for which windows. */
export type Schedule = {
  /** Windows between multiples of `ms` since the Unix epoch, or between the times of a cron rule. */
  readonly rule:
    | { readonly kind: 'every'; readonly ms: number }
    | { readonly kind: 'cron'; readonly cron: string; readonly timeZone: string }
  readonly window:
    /** The window that has ended last. */
    | { readonly kind: 'previous' }
    /** The same window at each run, in milliseconds since the Unix epoch. */
    | { readonly kind: 'fixed'; readonly fromMs: number; readonly toMs: number }
  /** A window is computed this long after its end, in milliseconds; 0 for a fixed window. */
  readonly allowedLatenessMs: number
  /** How many missed windows run after a stop; older ones are left out. */
  readonly catchUp: number
}

export type TaskStep =
  | {
      readonly kind: 'run'
      readonly handler: string
      /** For files: the parameters of each call. A message or a window has other parameters. */
      readonly params?: Readonly<Record<string, unknown>> | undefined
    }
  /** A command for `/bin/sh`, which gets the path of a file. */
  | { readonly kind: 'shell'; readonly command: string }
  /**
   * The message has the handler's name and parameters in fields.
   *
   * @member params undefined: all fields except the one that `method` names are the parameters
   */
  | {
      readonly kind: 'run-by'
      readonly method: string
      readonly params: string | undefined
    }
  /** One SELECT with `$1` and `$2` for the window, or one CALL. */
  | { readonly kind: 'sql'; readonly file: string; readonly text: string }
  | FileStep
  | ReadingsStep

/** How the lines of a file become rows. */
export type FileStep = {
  readonly kind: 'map'
  readonly format: FileFormat
  /** Undefined: UTF-8, or UTF-16 with a byte order mark. */
  readonly encoding?: Encoding
  readonly columns: readonly DeclaredColumn[]
  /** What becomes of fields that no column has. */
  readonly unknownFields: Exclude<UnknownFields, { kind: 'column' }>
  /** `fail`: a file with a bad line is not loaded. */
  readonly onBadLine: 'reject' | 'fail'
  /** A file with more bad lines is not loaded. */
  readonly rejectLimit: number
}

export type FileFormat =
  | {
      readonly kind: 'delimited'
      /** Whether the first line has the names of the fields. */
      readonly hasHeader: boolean
      /** One ASCII character. */
      readonly delimiter: string
      /** One ASCII character; undefined: fields have no quotes and no escapes. */
      readonly quote: string | undefined
    }
  | { readonly kind: ObjectFormatName }

/** A pipeline whose tasks are files. */
export type FilesPipeline = TaskDeclaration & { readonly source: FileSource }

/** The declaration as one of a pipeline whose tasks are files; undefined if they are not. */
export function asFilesPipeline(declaration: TaskDeclaration): FilesPipeline | undefined {
  const { source } = declaration
  return source.kind === 'files' ? { ...declaration, source } : undefined
}

/** A pipeline that loads the lines of files. */
export type FileDeclaration = TaskDeclaration & {
  readonly source: FileSource
  readonly step: FileStep
  readonly to: Extract<TaskTarget, { kind: 'table' }>
}

/** The declaration as one of a pipeline that loads the lines of files; undefined if it does not. */
export function asFileDeclaration(declaration: TaskDeclaration): FileDeclaration | undefined {
  const { source, step, to } = declaration
  if (source.kind !== 'files' || step.kind !== 'map' || to.kind !== 'table') return undefined
  return { ...declaration, source, step, to }
}

/** A pipeline that sends the readings in files to the ingress. */
export type ReadingsDeclaration = FilesPipeline & { readonly step: ReadingsStep }

/** The declaration as one of a pipeline that sends readings; undefined if it does not. */
export function asReadingsDeclaration(declaration: FilesPipeline): ReadingsDeclaration | undefined {
  const { step } = declaration
  return step.kind === 'readings' ? { ...declaration, step } : undefined
}
