/** A task: one unit of work that a worker runs once, e.g. for a message or at a scheduled time. */

export const taskStates = ['queued', 'running', 'complete', 'failed', 'canceled'] as const
export type TaskState = (typeof taskStates)[number]

/** `unmatched`: no pipeline loads the file. The others are the states of its task. */
export const fileStates = ['unmatched', ...taskStates] as const
export type FileState = (typeof fileStates)[number]

export type NewTask = {
  /**
   * What the task is for; unique within the pipeline: `LOG-PARTITION-OFFSET` of a message, the header
   * `id` of a message, `run:FROM/TO` of a window, `BUCKET/PATH TIME ETAG file ID`, or `api:ID`.
   */
  readonly unit: string
  /** The handler that runs, `sql`, or `load_file`. */
  readonly method: string
  /** The parameters as the text of a JSON value. */
  readonly params: string
  /** The key of the message. Messages that the task writes get the same key. */
  readonly transactionKey: string | null
}

/** A task that a worker runs. */
export type ClaimedTask = NewTask & {
  readonly id: number
  readonly pipeline: string
  /** 1 for the first attempt. */
  readonly attempt: number
  readonly madeAt: Date
}

/** Rows for one table. */
export type ResultPart = {
  readonly table: string
  /** Whether the rows replace the content of the table. Otherwise they are added. */
  readonly refresh: boolean
  readonly rows: readonly JsonRow[]
}

/** A row by the names of its columns. The values are JSON values. */
export type JsonRow = Readonly<Record<string, unknown>>

/** What a handler has returned. It can be read several times until it is disposed. */
export interface TaskResult extends AsyncDisposable {
  readonly rowCount: number
  /** Size of the rows as JSON, in bytes. */
  readonly byteCount: number
  parts(): AsyncIterable<ResultPart>
  /** All parts at once, for a result that fits into memory. A promise only if they are not in memory yet. */
  read(): readonly ResultPart[] | Promise<readonly ResultPart[]>
}

/** Why an attempt has failed; a code for programs. */
export type FaultCode =
  | 'not-json'
  | 'unknown-method'
  | 'bad-params'
  | 'bad-result'
  | 'threw'
  | 'permanent-error'
  | 'timed-out'
  | 'worker-lost'
  | 'out-of-memory'
  | 'result-too-large'
  | 'refused-by-database'
  | 'file-missing'
  | 'bad-file'

export type TaskFault = {
  readonly code: FaultCode
  /** A sentence for people: what was wrong, and what would be right. */
  readonly message: string
  readonly stack: string | undefined
}

/** Faults that another attempt cannot mend. */
const finalCodes: ReadonlySet<FaultCode> = new Set([
  ...(['not-json', 'unknown-method', 'bad-params', 'bad-result', 'result-too-large'] as const),
  ...(['permanent-error', 'file-missing', 'bad-file'] as const),
])

export const isFinal = ({ code }: TaskFault): boolean => finalCodes.has(code)

/** How the attempt to run a task has ended. */
export type AttemptOutcome =
  | { readonly kind: 'complete'; readonly result: TaskResult }
  | { readonly kind: 'failed'; readonly fault: TaskFault }
  | { readonly kind: 'canceled' }
  /** The worker stops. Another worker runs the task; the attempt does not count. */
  | { readonly kind: 'given-back' }
