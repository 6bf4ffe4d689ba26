import type { TaskState } from '../../ledger/tasks/task.ts'

/** Times are ISO 8601 in UTC. */

/** One unit of work that a worker runs. */
export type Task = {
  readonly id: number
  readonly pipeline: string
  /** What the task is for; unique within the pipeline, e.g. `api:ID`. */
  readonly unit: string
  /** The handler that runs. */
  readonly method: string
  readonly state: TaskState
  /** Whether a user has asked to cancel it, and it has not ended yet. */
  readonly isCancelRequested: boolean
  /** How often it was tried; 0 before the first attempt. */
  readonly attempt: number
  /** From 0 to 1, as the handler reports it; null if it reports none. */
  readonly progress: number | null
  /** Rows that it has written; null before it is complete. */
  readonly rows: number | null
  /** The worker that runs it, or that ran it last; its name is null if it ended long ago. */
  readonly worker: { readonly id: number; readonly name: string | null } | null
  /** Why the last attempt failed; null if it did not fail. */
  readonly fault: { readonly code: string; readonly message: string } | null
  readonly madeAt: string
  /** When the last attempt began. */
  readonly startedAt: string | null
  readonly endedAt: string | null
}

/** How many tasks of a pipeline are in a state. */
export type TaskCount = {
  readonly pipeline: string
  readonly state: TaskState
  readonly count: number
}

/** `GET /api/tasks`. */
export type Tasks = {
  /** The newest first. */
  readonly tasks: readonly Task[]
  /** Of all tasks that are kept, without the filter. */
  readonly counts: readonly TaskCount[]
  /** The value of `before` for the next page; null on the last page. */
  readonly next: number | null
  /** False if this dashboard refuses changes: it is public and has no token. */
  readonly mayChange: boolean
}

/** `GET /api/tasks/{id}`. */
export type TaskDetails = Task & {
  /** The parameters as JSON text, exactly as they were sent. */
  readonly params: string
  /** The key of the message; null without a message. */
  readonly transactionKey: string | null
  /** The last lines that the handler has logged, the oldest first. */
  readonly log: readonly string[]
}

/** `lost`: it has not reported for 15 seconds, and has not said that it stops. */
export type WorkerState = 'idle' | 'working' | 'draining' | 'stopped' | 'lost'

/** `GET /worker/{id}`. Other systems ask for it: its names differ from those of the other responses. */
export type TaskWorker = {
  /** Never given to another worker. */
  readonly id: number
  readonly name: string
  readonly ip: string
  readonly host: string
  readonly start_date: string
  /** Attempts that have ended, whatever their end. */
  readonly total_processed: number
  readonly total_success: number
  /** When it last ended an attempt; null before the first. */
  readonly last_processed: string | null
  readonly state: WorkerState
  /** The tasks that it runs now. */
  readonly current: readonly {
    readonly task: number
    readonly pipeline: string
    readonly method: string
    readonly progress: number | null
  }[]
  /** Tasks of all pipelines that wait for a worker. */
  readonly lag: number
}

/** `GET /workers`: those that run, and those that ended within the last day. */
export type TaskWorkers = { readonly workers: readonly TaskWorker[] }
