import { inspect } from 'node:util'
import type { FaultCode, TaskFault } from '../../../ledger/tasks/task.ts'
import { PermanentError } from '../api/permanent-error.ts'

/** Ends a call with a code. */
export class CallFault extends Error {
  readonly code: FaultCode
  constructor(code: FaultCode, message: string) {
    super(message)
    this.code = code
  }
}

/** The fault of a call from whatever was thrown. */
export function faultOf(error: unknown): TaskFault {
  if (error instanceof CallFault) {
    return { code: error.code, message: error.message, stack: undefined }
  }
  const { message, stack } = describe(error)
  return {
    code: error instanceof PermanentError ? 'permanent-error' : 'threw',
    message: limit(message, maxMessage),
    stack: stack === undefined ? undefined : limit(stack, maxStack),
  }
}

function describe(error: unknown): { message: string; stack: string | undefined } {
  try {
    if (!(error instanceof Error)) return { message: `threw ${toText(error)}`, stack: undefined }
    const message = error.message === '' ? error.name : error.message
    return { message, stack: typeof error.stack === 'string' ? error.stack : undefined }
  } catch {
    return { message: 'threw a value that cannot be read', stack: undefined }
  }
}

function toText(value: unknown): string {
  return typeof value === 'string' ? value : inspect(value)
}

const maxMessage = 10_000
const maxStack = 20_000
const limit = (text: string, length: number): string =>
  text.length <= length ? text : `${text.slice(0, length)}…`
