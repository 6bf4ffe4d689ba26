import type { Json } from '../../adapters/http/openapi.ts'

/** The parts from which the schemas of the dashboard's responses are made. */

export type Properties<T> = { readonly [Name in keyof T]-?: Json }

/** @param optional properties that a response may leave out */
export function object<T>(properties: Properties<T>, optional: readonly (keyof T)[] = []): Json {
  const required = Object.keys(properties).filter((name) => !optional.includes(name as keyof T))
  return { type: 'object', required, properties }
}

export const text: Json = { type: 'string' }
export const flag: Json = { type: 'boolean' }
export const number: Json = { type: 'number' }
export const count: Json = { type: 'integer', minimum: 0 }
export const integer: Json = { type: 'integer' }
export const time: Json = { type: 'string', format: 'date-time' }
export const list = (items: Json): Json => ({ type: 'array', items })
export const orNull = ({ type, ...schema }: Json): Json => ({ ...schema, type: [type, 'null'] })
export const refOrNull = (schema: Json): Json => ({ oneOf: [schema, { type: 'null' }] })
export const ref = (name: string): Json => ({ $ref: `#/components/schemas/${name}` })
