import type { Pool } from '../../adapters/postgres/driver/connection.ts'
import type { TaskRules } from '../../ledger/tasks/settlement.ts'
import type { TaskDeclaration } from '../../pipelines/declaration/task-declaration.ts'
import type { Handlers } from '../../tasks/handlers/handlers.ts'
import type { Files } from '../files/files.ts'
import type { ReadingsRules } from './window-work.ts'

/** What the declaration says about the ends of tasks. */
export function rulesOf({ to, retry, errors, source }: TaskDeclaration): TaskRules {
  return { to, retry, errors, topic: source.kind === 'topic' ? source.name : undefined }
}

export type StepContext = {
  /** Undefined if the worker loads no files. */
  readonly files: Pick<Files, 'load' | 'send' | 'process'> | undefined
  /** The folder in which commands run; undefined: they are not allowed. */
  readonly shellFolder: string | undefined
  readonly events: AttemptEvents
  readonly handlers: Pick<Handlers, 'run' | 'names'>
  /** Whether tasks of other handlers are left to other workers; otherwise they fail. */
  readonly leavesOtherHandlers: boolean
  /** Connections for steps that the database does. */
  readonly stepPool: Pool
  /** Separate connections to cancel statements of steps. */
  readonly cancelPool: Pool
  readonly readings: ReadingsRules
  /** The id of the worker; undefined until it is registered. */
  readonly worker: () => number | undefined
}

/** What an attempt reports while it runs. */
type AttemptEvents = {
  readonly onProgress: (task: number, fraction: number) => void
  readonly addLogLine: (task: number, line: string) => void
  /** The last lines of the attempt. */
  readonly logLinesOf: (task: number) => readonly string[]
}
