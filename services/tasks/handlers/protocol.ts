import type { PostgresSettings } from '../../adapters/postgres/driver/settings.ts'
import type { TaskFault } from '../../ledger/tasks/task.ts'

/**
 * The messages between the worker and a handler process. Each is one line. The process reads them from
 * one pipe and writes them to another one, synchronously: what it has written arrives, even if the next
 * statement of a handler never ends.
 */

/** The process writes here. */
export const outputFd = 3
/** The process reads here. */
export const inputFd = 4

/** How the file of a process is named beside the bundle of a service. */
export const programName = 'handler-process'

export type CallMessage = {
  /** Names the call while it is in this process. */
  readonly call: number
  /** Names the task, the same for each attempt. */
  readonly id: string
  readonly attempt: number
  readonly method: string
  /** JSON text. */
  readonly params: string
  /** The file of a task of `from.files`. */
  readonly file?: CallFile | undefined
  /** A command to run instead of a handler. It gets the file. */
  readonly shell?: ShellCommand | undefined
}

/** A copy of a file that the call can read. */
export type CallFile = {
  /** The name in the inbox. */
  readonly name: string
  /** In bytes. */
  readonly size: number
  /** E.g. `text/csv`; null if it is not known. */
  readonly contentType: string | null
  readonly path: string
}

export type ShellCommand = {
  readonly command: string
  /** The folder in which it runs. */
  readonly folder: string
}

export type StartMessage = {
  /** Bundles by the names of their handlers. */
  readonly bundles: Readonly<Record<string, string>>
  /** For `context.query`. */
  readonly query: PostgresSettings | null
  /** For `context.settings`. */
  readonly settings: Readonly<Record<string, string>>
  readonly logLimit: LogLimit
}

/** How much a call may log. */
export type LogLimit = { readonly lines: number; readonly bytes: number }

export type ToProcess =
  | readonly ['start', StartMessage]
  | readonly ['inspect', readonly string[]]
  | readonly ['calls', readonly CallMessage[]]
  /** Ends a call: a waiting one is dropped, the signal of the running one aborts. */
  | readonly ['abort', number]
  /** Takes back calls that have not begun. */
  | readonly ['withdraw', readonly number[]]

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

export type FromProcess =
  | readonly ['ready']
  | readonly ['inspected', number, Inspection]
  | readonly ['log', number | null, LogLevel, string]
  | readonly ['progress', number, number]
  | readonly ['failed', number, TaskFault]
  | readonly ['withdrawn', readonly number[]]
  /** The process ends; it begins no further call. */
  | readonly ['ending']

/** What the import of a bundle has shown. */
export type Inspection =
  | { readonly kind: 'handlers'; readonly handlers: readonly InspectedHandler[] }
  | { readonly kind: 'threw'; readonly message: string; readonly stack: string }

export type InspectedHandler = { readonly name: string; readonly madeAt: string }

/**
 * A part of a result is not parsed by the worker, so it has another form: `PCALL ROWS JSON`, where JSON is
 * `{ "table", "refresh", "rows" }`.
 */
export const partMark = 'P'
/** The end of a call that is complete has another form, too: `DCALL MICROSECONDS`. */
export const doneMark = 'D'

/** Parts are divided so that their JSON has about this many bytes. */
export const partBytes = 1_048_576
/** A row above this size is refused. */
export const maxRowBytes = 16_777_216
