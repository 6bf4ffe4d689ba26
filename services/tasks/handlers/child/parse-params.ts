import { z } from 'zod'
import { CallFault } from './call-fault.ts'

/** Schemas with asynchronous checks, which are slower. */
const asynchronous = new WeakSet<z.ZodType>()

/**
 * Returns a promise if the schema has asynchronous checks.
 *
 * @throws CallFault `not-json` or `bad-params`, with each wrong place and what would be right
 */
export function parseParams(schema: z.ZodType, text: string): unknown {
  const value = parseJson(text)
  if (!asynchronous.has(schema)) {
    try {
      return dataOf(schema.safeParse(value))
    } catch (error) {
      if (!(error instanceof z.core.$ZodAsyncError)) throw error
      asynchronous.add(schema)
    }
  }
  return schema.safeParseAsync(value).then(dataOf)
}

function dataOf(parsed: z.ZodSafeParseResult<unknown>): unknown {
  if (parsed.success) return parsed.data
  const faults = parsed.error.issues.map(({ path, message }) => `${pathText(path)}: ${message}`)
  const shown = faults.slice(0, maxFaults)
  const more = faults.length - shown.length
  throw new CallFault('bad-params', `${shown.join('; ')}${more > 0 ? `; and ${more} more` : ''}.`)
}

const maxFaults = 10

function pathText(path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (text, step) => text + (typeof step === 'number' ? `[${step}]` : `.${String(step)}`),
    'params',
  )
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    const hint = /^\s*[{[]\s*'/.test(text) ? ' JSON has double quotes.' : ''
    throw new CallFault(
      'not-json',
      `The parameters are not JSON: ${(error as Error).message}.${hint}`,
    )
  }
}
