type Json = Readonly<Record<string, unknown>>

/** An error answer in an OpenAPI document that has `problemSchema` as its schema `Problem`. */
export function problemResponse(description: string): Json {
  const schema = { $ref: '#/components/schemas/Problem' }
  return { description, content: { 'application/problem+json': { schema } } }
}

/** @param extraProperties members beside those of RFC 9457 */
export function problemSchema(extraProperties: Json = {}): Json {
  return {
    type: 'object',
    required: ['type', 'title', 'status', 'detail'],
    properties: {
      type: { type: 'string' },
      title: { type: 'string' },
      status: { type: 'integer' },
      detail: { type: 'string' },
      ...extraProperties,
    },
  }
}
