import type { Schema, Schemas } from './schema-values.ts'

/** The parts of our OpenAPI document that requests are generated from. */
export type ApiDocument = {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: { readonly schemas: Schemas }
}
type Operation = {
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> }
  readonly responses: Readonly<Record<string, unknown>>
}

export type FuzzRequest = {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
  /** The number of readings if all of them are valid; otherwise undefined. */
  readonly validReadings?: number
  /** The documented statuses of the operation; undefined if the operation is not documented. */
  readonly documented?: readonly string[]
  /** The body of a response with 200, which the client needs; undefined if it may be any. */
  readonly okBody?: string
}
