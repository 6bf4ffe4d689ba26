import { CallFault } from './call-fault.ts'

/** Stands before a bigint in a text until the quotes are removed. No text of a user has it. */
const bigintMark = '\u0001bigint:'
const markedBigint = /"\\u0001bigint:(-?\d+)"/g

/**
 * The JSON of a row. A bigint becomes a JSON number with all its digits.
 *
 * @param place where the row is, for messages
 * @throws CallFault `bad-result` for a value that JSON would lose or alter
 */
export function rowText(row: unknown, place: string): string {
  if (!isPlainObject(row)) {
    throw bad(`${place} is not an object`, 'a row is an object with a value for each column')
  }
  if (isSimple(row)) return JSON.stringify(row)
  const found = { bigint: false }
  const paths = new Map<unknown, string>([[row, place]])
  const check = function (this: unknown, key: string, value: unknown): unknown {
    if (key === '' && value === row) return value
    // `toJSON` has made a text of a date already.
    const own = (this as Record<string, unknown>)[key]
    const path = (): string => `${paths.get(this) ?? place}${stepOf(this, key)}`
    if (typeof own === 'bigint') {
      found.bigint = true
      return bigintMark + String(own)
    }
    const fault = faultOf(own)
    if (fault !== undefined) throw bad(`${path()} ${fault[0]}`, fault[1])
    if (typeof value === 'object' && value !== null) paths.set(value, path())
    return value
  }
  const text = stringify(row, check, place)
  return found.bigint ? text.replaceAll(markedBigint, '$1') : text
}

/** Whether JSON can represent each of its values. Most rows are simple, and checking while they are written is slow. */
function isSimple(row: object): boolean {
  for (const name in row) if (!isSimpleValue((row as Record<string, unknown>)[name])) return false
  return true
}

function isSimpleValue(value: unknown): boolean {
  switch (typeof value) {
    case 'string':
      return !value.startsWith(bigintMark)
    case 'number':
      return Number.isFinite(value)
    case 'boolean':
    case 'undefined':
      return true
    default:
      return value === null
  }
}

function stringify(
  row: object,
  check: (this: unknown, key: string, value: unknown) => unknown,
  place: string,
): string {
  try {
    return JSON.stringify(row, check)
  } catch (error) {
    if (error instanceof CallFault) throw error
    throw bad(
      `${place} cannot be written as JSON (${(error as Error).message})`,
      'return JSON values',
    )
  }
}

/** What is wrong with a value, and what would be right. */
function faultOf(value: unknown): readonly [string, string] | undefined {
  switch (typeof value) {
    case 'number':
      return Number.isFinite(value)
        ? undefined
        : [`is ${value}`, 'use null for a number that is not known']
    case 'function':
    case 'symbol':
      return [`is a ${typeof value}`, 'return JSON values']
    case 'object':
      return faultOfObject(value)
    case 'string':
      return value.startsWith(bigintMark) ? ['begins with U+0001', 'remove it'] : undefined
    default:
      return undefined
  }
}

function faultOfObject(value: object | null): readonly [string, string] | undefined {
  if (value instanceof Date) {
    return Number.isNaN(value.getTime())
      ? ['is an invalid date', 'use null for a date that is not known']
      : undefined
  }
  if (value === null || Array.isArray(value) || isPlainObject(value) || hasToJson(value)) {
    return undefined
  }
  return [
    `is a ${(value as object).constructor.name}`,
    'return text, numbers, dates or JSON values',
  ]
}

/** A Buffer would become an object with all its bytes. */
const hasToJson = (value: object): boolean =>
  !(value instanceof Uint8Array) && 'toJSON' in value && typeof value.toJSON === 'function'

function isPlainObject(value: unknown): value is object {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || Object.getPrototypeOf(prototype) === null
}

const stepOf = (holder: unknown, key: string): string =>
  Array.isArray(holder) ? `[${key}]` : `.${key}`

function bad(what: string, right: string): CallFault {
  return new CallFault('bad-result', `${what}; ${right}.`)
}
