import * as z from 'zod'
import { apiIdPattern } from '../../ledger/tasks/api-unit.ts'
import { parseExactJson, stringifyExactJson } from '../../pipelines/decode/exact-json.ts'

/** The body of `POST /api/tasks`. */

// Postgres stores no NUL.
// eslint-disable-next-line no-control-regex
const methodPattern = /^[^\s\u0000-\u001f\u007f]{1,200}$/
// eslint-disable-next-line no-control-regex
const keyPattern = /^[^\u0000-\u001f\u007f]{0,1000}$/

export const newTaskBody = z.strictObject({
  method: z.string().regex(methodPattern).describe('The name of the handler.'),
  params: z.unknown().optional().describe('Parameters for the handler. Default: {}.'),
  pipeline: z
    .string()
    .max(63)
    .optional()
    .describe('The pipeline that runs it. Default: the only one that can run the method.'),
  id: z
    .string()
    .regex(apiIdPattern)
    .optional()
    .describe('An id of yours. The same id again makes no second task. Default: a new one.'),
  transactionKey: z
    .string()
    .regex(keyPattern)
    .optional()
    .describe('Messages that the task sends get it as their key. Default: none.'),
})

export type ParsedTask = {
  readonly method: string
  /** The text of a JSON value, with all digits of its numbers. */
  readonly params: string
  readonly pipeline: string | undefined
  readonly id: string | undefined
  readonly transactionKey: string | null
}

export type ParseResult =
  | { readonly ok: true; readonly task: ParsedTask }
  /** @member reason what is wrong, and what it must be */
  | { readonly ok: false; readonly reason: string }

const rules: Readonly<Record<string, string>> = {
  method: 'must be the name of a handler: 1 to 200 characters without spaces.',
  pipeline: 'must be the name of a pipeline.',
  id: 'must have 1 to 100 of the characters A–Z, a–z, 0–9, . _ : and -.',
  transactionKey: 'must be a text of at most 1,000 characters without control characters.',
}

export function parseNewTask(text: string): ParseResult {
  const json = parseJson(text)
  if (!json.ok) return json
  const { value } = json
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return refused('The body must be a JSON object.')
  }
  const { data, error } = newTaskBody.safeParse(value, { jitless: true })
  if (error !== undefined) return refused(describe(error.issues[0]))
  const { method, params = {}, pipeline, id, transactionKey = null } = data
  return {
    ok: true,
    task: { method, params: stringifyExactJson(params), pipeline, id, transactionKey },
  }
}

function describe(issue: z.core.$ZodIssue | undefined): string {
  if (issue?.code === 'unrecognized_keys') {
    const known = Object.keys(newTaskBody.shape).join(', ')
    return `Unknown member ${JSON.stringify(issue.keys[0]?.slice(0, 40))}. Known members: ${known}.`
  }
  const member = String(issue?.path[0])
  return `${member} ${rules[member] ?? 'is not valid.'}`
}

type Json = { readonly ok: true; readonly value: unknown } | Extract<ParseResult, { ok: false }>

function parseJson(text: string): Json {
  try {
    return { ok: true, value: parseExactJson(text) }
  } catch (error) {
    // A body that is nested too deeply is a RangeError.
    return refused(`The body is not JSON: ${(error as Error).message}.`)
  }
}

const refused = (reason: string): Extract<ParseResult, { ok: false }> => ({ ok: false, reason })
