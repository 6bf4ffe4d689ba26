type Json = Readonly<Record<string, unknown>>

/** An error response for an OpenAPI document whose schema `Problem` is `problemSchema`. */
export function problemResponse(description: string): Json {
  const schema = { $ref: '#/components/schemas/Problem' }
  return { description, content: { 'application/problem+json': { schema } } }
}

/** @param extraProperties members in addition to those of RFC 9457 */
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
