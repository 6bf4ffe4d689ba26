import type { Random } from '../../../fleet/random.ts'
import { between } from '../../../fleet/random.ts'

/** The part of JSON Schema that our OpenAPI document uses. */
export type Schema = {
  readonly $ref?: string
  readonly oneOf?: readonly Schema[]
  readonly type?: string | readonly string[]
  readonly pattern?: string
  readonly format?: string
  readonly maxLength?: number
  readonly minimum?: number
  readonly maximum?: number
  readonly exclusiveMaximum?: number
  readonly 'x-unit'?: string
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
}

export type Schemas = Readonly<Record<string, Schema>>

export function pick<T>(items: readonly T[], random: Random): T {
  const item = items[Math.floor(random() * items.length)]
  if (item === undefined) throw new Error('the list is empty')
  return item
}

export function wholeBetween(low: number, high: number, random: Random): number {
  return Math.floor(between(low, high + 1, random))
}

const letters = Array.from('abcXYZ019 -_.,:;/%&=+<>"\'\\{}[]äßøčж漢字😀\t\n')

export function textOf(length: number, random: Random): string {
  return Array.from({ length }, () => pick(letters, random)).join('')
}

/** A value that is valid for the schema. Times are within the last hour. */
export function validValue(schema: Schema, schemas: Schemas, random: Random): unknown {
  if (schema.$ref !== undefined) {
    const name = schema.$ref.slice(schema.$ref.lastIndexOf('/') + 1)
    return validValue(schemas[name] ?? {}, schemas, random)
  }
  if (schema.oneOf) return validValue(pick(schema.oneOf, random), schemas, random)
  const type = pick([schema.type ?? 'null'].flat(), random)
  return generators[type]?.(schema, schemas, random) ?? null
}

type Generate = (schema: Schema, schemas: Schemas, random: Random) => unknown

const generators: Readonly<Record<string, Generate>> = {
  string: (schema, _, random) => validText(schema, random),
  integer: ({ minimum = 0, maximum = 1_000 }, _, random) => wholeBetween(minimum, maximum, random),
  number: (schema, _, random) => validNumber(schema, random),
  object: (schema, schemas, random) =>
    schema.properties ? validObject(schema, schemas, random) : looseObject(random),
}

function validText({ pattern, format, maxLength = 40 }: Schema, random: Random): string {
  if (format === 'date-time') return new Date(recentTime(random)).toISOString()
  const length = wholeBetween(1, pattern === undefined ? maxLength : 32, random)
  if (pattern === undefined) return textOf(length, random)
  const allowed = [...letters, ...Array.from('ABCDEFGH2345678')].filter((letter) =>
    new RegExp(pattern).test(letter),
  )
  return Array.from({ length }, () => pick(allowed, random)).join('')
}

function validNumber(schema: Schema, random: Random): number {
  const { minimum = 0, maximum, exclusiveMaximum } = schema
  // Not every time in the range is accepted.
  if (schema['x-unit'] === 'Unix seconds') return recentTime(random) / 1_000
  const high = maximum ?? exclusiveMaximum ?? minimum
  if (random() < 0.1) return pick([minimum, maximum ?? minimum, 0, -0], random)
  return between(minimum, high, random)
}

function recentTime(random: Random): number {
  return Date.now() - wholeBetween(0, 3_600_000, random)
}

function validObject(schema: Schema, schemas: Schemas, random: Random): Record<string, unknown> {
  const present = Object.entries(schema.properties ?? {}).filter(
    ([name]) => schema.required?.includes(name) === true || random() < 0.5,
  )
  return Object.fromEntries(
    present.map(([name, property]) => [name, validValue(property, schemas, random)]),
  )
}

function looseObject(random: Random, depth = 0): Record<string, unknown> {
  const leaf = (): unknown =>
    pick([null, true, random() * 1e6, textOf(wholeBetween(0, 12, random), random)], random)
  const size = wholeBetween(0, 4, random)
  const members = Array.from({ length: size }, () => [
    textOf(wholeBetween(1, 8, random), random),
    depth < 3 && random() < 0.2 ? looseObject(random, depth + 1) : leaf(),
  ])
  return Object.fromEntries(members) as Record<string, unknown>
}
