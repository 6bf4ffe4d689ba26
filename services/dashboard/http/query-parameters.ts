import * as z from 'zod'
import { parseDecimal, parseWhole } from '../../runtime/parse-number.ts'
import { restorePlusInNumber, restorePlusInTime } from '../../telemetry/restore-plus.ts'
import { isOutsideYears, parseIsoMicroseconds } from '../../telemetry/time.ts'

/**
 * The kinds of query parameters. Each is a schema that converts the text in the query to a value.
 * Its JSON schema describes the text. An error message follows the name of the parameter: "limit
 * must be …".
 */

/** Not `max()`: it counts UTF-16 code units, and JSON schema counts characters. */
export function text(maxLength: number) {
  return z
    .string('must be given only once.')
    .refine((value) => lengthOf(value) <= maxLength, `must have at most ${maxLength} characters.`)
    .meta({ maxLength })
}

/** A text without line breaks and other control characters. */
export function line(maxLength: number) {
  // Postgres stores no NUL, and a list shows it in one line.
  // eslint-disable-next-line no-control-regex
  return text(maxLength).regex(/^[^\u0000-\u001f\u007f]*$/, 'must have no control characters.')
}

const lengthOf = (value: string): number => Array.from(value).length

export function oneOf<const Values extends readonly string[]>(values: Values) {
  return text(40).pipe(z.enum(values, `must be one of ${values.join(', ')}.`))
}

type Range = { readonly min: number; readonly max: number }

export function number(range: Range) {
  return text(30).transform(toNumber).pipe(numberIn(range))
}

export function integer(range: Range) {
  const { min, max } = range
  // Not `int()`: after its error zod would skip the rules over several parameters.
  const value = numberIn(range)
    .refine(Number.isInteger, `must be a whole number from ${min} to ${max}.`)
    .meta({ type: 'integer' })
  return text(30).transform(toWhole).pipe(value)
}

const toNumber = (text: string): number => parseDecimal(restorePlusInNumber(text))

/** Keeps fractions, which have a better message than other texts. */
function toWhole(text: string): number {
  const value = toNumber(text)
  return Number.isInteger(value) ? parseWhole(text) : value
}

function numberIn({ min, max }: Range) {
  const message = `must be a number from ${min} to ${max}.`
  return z.number(message).min(min, message).max(max, message)
}

/** An ISO 8601 time, in microseconds since the Unix epoch. */
export function time() {
  return text(40)
    .transform((value, { issues }) => {
      const iso = restorePlusInTime(value)
      const parsed = parseIsoMicroseconds(iso)
      if (parsed !== undefined) return parsed
      const message = isOutsideYears(iso)
        ? 'must be in the years 0001 to 9999, in UTC.'
        : 'must be an ISO 8601 time with an offset, e.g. 2026-01-31T12:00:00Z.'
      issues.push({ code: 'custom', input: value, message })
      return z.NEVER
    })
    .meta({ type: 'string', format: 'date-time', maxLength: 40 })
}

/** A day like `2026-01-31`. */
export function day() {
  const message = 'must be a day from 1970-01-01 to 2999-12-31, e.g. 2026-01-31.'
  return text(10)
    .refine((value) => isDay(value), message)
    .meta({ type: 'string', format: 'date', maxLength: 10 })
}

function isDay(value: string): boolean {
  if (!/^(19[7-9]|2\d\d)\d-\d\d-\d\d$/.test(value)) return false
  const at = Date.parse(value)
  // The 30th of February is read as the 2nd of March, or not at all.
  return !Number.isNaN(at) && new Date(at).toISOString().startsWith(value)
}

/** The name of a time zone. */
export function timeZone() {
  return text(64)
    .refine((value) => isTimeZone(value), 'must be the name of a time zone, e.g. Europe/Vienna.')
    .meta({ type: 'string', maxLength: 64 })
}

function isTimeZone(value: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: value })
    return true
  } catch {
    return false
  }
}

/** Encodes a vin as an opaque cursor, so that clients do not rely on its content. */
export function toCursor(vin: string): string {
  return Buffer.from(vin).toString('base64url')
}

/** The `next` of an earlier response, decoded to a vin. */
export const cursor = text(100)
  .transform((value, { issues }) => {
    const vin = Buffer.from(value, 'base64url').toString('utf8')
    if (toCursor(vin) === value) return vin
    const message = 'must be the `next` of an earlier response.'
    issues.push({ code: 'custom', input: value, message })
    return z.NEVER
  })
  .meta({ type: 'string', pattern: '^[A-Za-z0-9_-]*$', maxLength: 100 })
  .optional()
  .describe('The `next` of the previous response. Default: the first page.')

type Json = Readonly<Record<string, unknown>>

/** The parameters of a query in the form of OpenAPI. */
export function toOpenApiParameters(query: z.ZodObject): Json[] {
  const { properties = {} } = z.toJSONSchema(query, {
    unrepresentable: 'any',
    override: ({ jsonSchema }) => {
      // The listed values already imply the type.
      if (jsonSchema.enum !== undefined) delete jsonSchema.type
    },
  })
  return Object.entries(properties).map(([name, property]) => {
    const { description, ...schema } = property as Json
    // `Query` takes an empty value as a missing one.
    return { name, in: 'query', description, allowEmptyValue: true, schema }
  })
}
