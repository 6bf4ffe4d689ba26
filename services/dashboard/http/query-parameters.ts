import * as z from 'zod'
import { parseIsoMicroseconds } from '../../telemetry/time.ts'

/**
 * The kinds of parameter that a query may have. Each is a schema from the text in the query to its
 * value. Its JSON schema describes the text. The messages go on after the name of the parameter.
 */

/** Counted as JavaScript counts characters, which is not how `maxLength` of JSON schema does. */
export function text(longest: number) {
  return z
    .string('comes several times; once is expected.')
    .refine((value) => value.length <= longest, `has up to ${longest} characters.`)
}

export function oneOf<const Known extends readonly string[]>(known: Known) {
  return text(40).pipe(z.enum(known, `is one of ${known.join(', ')}.`))
}

type Range = { readonly least: number; readonly most: number }

export function number(range: Range) {
  return text(30).pipe(numberIn(range))
}

export function integer(range: Range) {
  const { least, most } = range
  // Not `int()`: a rule over several parameters does not run after its refusal.
  const value = numberIn(range)
    .refine(Number.isInteger, `is a whole number from ${least} to ${most}.`)
    .meta({ type: 'integer' })
  return text(30).pipe(value)
}

function numberIn({ least, most }: Range) {
  const message = `is a number from ${least} to ${most}.`
  return z.coerce.number<string>(message).min(least, message).max(most, message)
}

/** An ISO 8601 time, in microseconds since the Unix epoch. */
export function time() {
  return text(40)
    .transform((value, { issues }) => {
      // The plus of an offset is a space in a query that is not encoded.
      const parsed = parseIsoMicroseconds(value.replace(' ', '+'))
      if (parsed !== undefined) return parsed
      const message = 'is an ISO 8601 time with an offset, e.g. 2026-01-31T12:00:00Z.'
      issues.push({ code: 'custom', input: value, message })
      return z.NEVER
    })
    .meta({ type: 'string', format: 'date-time' })
}

/** A vin in a form that is not mistaken for one: what a cursor stands for may change. */
export function toCursor(vin: string): string {
  return Buffer.from(vin).toString('base64url')
}

/** The `next` of an answer, as the vin that it stands for. */
export const cursor = text(100)
  .transform((value, { issues }) => {
    const vin = Buffer.from(value, 'base64url').toString('utf8')
    if (toCursor(vin) === value) return vin
    issues.push({ code: 'custom', input: value, message: 'is the next of an answer before.' })
    return z.NEVER
  })
  .meta({ type: 'string' })
  .optional()
  .describe('The `next` of the answer before.')

type Json = Readonly<Record<string, unknown>>

/** The parameters of a query as OpenAPI has them. */
export function toOpenApiParameters(query: z.ZodObject): Json[] {
  const { properties = {} } = z.toJSONSchema(query, {
    unrepresentable: 'any',
    override: ({ jsonSchema }) => {
      // The values say it already.
      if (jsonSchema.enum !== undefined) delete jsonSchema.type
    },
  })
  return Object.entries(properties).map(([name, property]) => {
    const { description, ...schema } = property as Json
    return { name, in: 'query', description, schema }
  })
}
