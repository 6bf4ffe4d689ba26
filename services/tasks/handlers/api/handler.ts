import type { Readable } from 'node:stream'
import type { z } from 'zod'

/** A row by the names of its columns. Values: text, numbers, bigint, booleans, null, dates, and JSON values. */
export type HandlerRow = Readonly<Record<string, unknown>>

/** Rows for one table. */
export type HandlerPart = {
  readonly table: string
  /** Whether the rows replace the content of the table. Otherwise, and by default, they are added. */
  readonly refresh?: boolean
  readonly data: readonly HandlerRow[]
}

/**
 * What a handler may return: parts; parts and an error, of which the error counts if there is one; parts
 * one after the other, so that no large result is held in memory; or nothing.
 */
export type HandlerResult =
  | readonly HandlerPart[]
  | readonly [readonly HandlerPart[] | null | undefined, unknown]
  | AsyncIterable<HandlerPart>
  | null
  | undefined

/** Writes lines into the log of the task and of the worker. */
export type HandlerLogger = {
  readonly debug: (message: string) => void
  readonly info: (message: string) => void
  readonly warn: (message: string) => void
  readonly error: (message: string) => void
}

/** The file of a task of `from.files`. It is a copy that does not change, and is removed after the call. */
export type HandlerFile = {
  /** The name in the inbox, without its folder. */
  readonly name: string
  /** In bytes. */
  readonly size: number
  /** E.g. `text/csv`; undefined if it is not known. */
  readonly contentType: string | undefined
  /** The path of the copy, for programs and libraries that open it. */
  readonly path: () => string
  readonly stream: () => Readable
}

export type HandlerContext = {
  readonly logger: HandlerLogger
  /** Reports how much is done, from 0 to 1. */
  readonly progress: (fraction: number) => void
  /** Aborts when the task is canceled, has timed out, or the worker stops. The process is killed 5 s later. */
  readonly signal: AbortSignal
  /** Names the task. It is the same for each attempt, so that effects elsewhere can be made repeatable. */
  readonly id: string
  /** 1 for the first attempt. */
  readonly attempt: number
  /**
   * Reads from the database, on a connection for the handler alone that is opened with the first query.
   * It cannot write. A query ends after 60 s. Values that JavaScript does not hold exactly (numeric,
   * large bigint, dates and times) are text.
   */
  readonly query: <Row extends HandlerRow = HandlerRow>(
    sql: string,
    values?: readonly unknown[],
  ) => Promise<Row[]>
  /** Settings of the worker for its handlers. */
  readonly settings: Readonly<Record<string, string>>
  /** The file of the task; undefined if the pipeline has no `from.files`. */
  readonly file: HandlerFile | undefined
}

/** A function without a result may also have the type void. */

type NothingReturned = void | Promise<void>

export type HandlerDefinition<Params extends z.ZodType> = {
  /** The name by which messages and pipelines call the handler: letters, digits, `_`, `-` and dots. */
  readonly name: string
  /** Checks the parameters. */
  readonly params: Params
  readonly run: (
    params: z.output<Params>,
    context: HandlerContext,
  ) => HandlerResult | Promise<HandlerResult> | NothingReturned
}

/** A registered handler. The parameters are checked before `run`. */
export type Handler = {
  readonly name: string
  readonly params: z.ZodType
  readonly run: (params: unknown, context: HandlerContext) => unknown
  /** Where it was made, as a stack trace. */
  readonly madeAt: string
}

const made = new WeakSet<object>()

/**
 * Makes a handler. Its file must export it.
 *
 * @throws TypeError with a sentence if a part of the definition is missing
 */
export function handler<Params extends z.ZodType>(definition: HandlerDefinition<Params>): Handler {
  requireParts(definition)
  const { name, params, run } = definition
  const madeAt = new Error().stack ?? ''
  const own: Handler = { name, params, run: run as Handler['run'], madeAt }
  made.add(own)
  return own
}

/** Whether a value was made by `handler`. */
export const isHandler = (value: unknown): value is Handler =>
  typeof value === 'object' && value !== null && made.has(value)

const namePattern = /^[A-Za-z_][\w.-]{0,99}$/

function requireParts({ name, params, run }: Readonly<Record<string, unknown>>): void {
  if (typeof name !== 'string' || !namePattern.test(name)) {
    throw new TypeError(
      `handler: name is ${typeof name === 'string' ? `"${name}"` : typeof name}; it must begin with a letter or "_" and have only letters, digits, "_", "-" and ".", at most 100.`,
    )
  }
  if (typeof (params as { safeParseAsync?: unknown } | undefined)?.safeParseAsync !== 'function') {
    throw new TypeError(
      `handler "${name}": params must be a zod schema, for example z.object({ day: z.iso.date() }).`,
    )
  }
  if (typeof run !== 'function') {
    throw new TypeError(
      `handler "${name}": run must be a function, for example async (params, context) => [].`,
    )
  }
}
