/** Parts that the OpenAPI documents of all services share. */

export type Json = Readonly<Record<string, unknown>>

/** A header of a response. */
export function header(description: string, { required = true, schema = text } = {}): Json {
  return { description, required, schema }
}

const text: Json = { type: 'string' }

/** An error response for an OpenAPI document whose schema `Problem` is `problemSchema`. */
export function problemResponse(description: string, headers: Json = {}): Json {
  const schema = { $ref: '#/components/schemas/Problem' }
  const hasHeaders = Object.keys(headers).length > 0
  return {
    description,
    ...(hasHeaders && { headers }),
    content: { 'application/problem+json': { schema } },
  }
}

/** The error response 429 or 503. */
export function retryLater(description: string): Json {
  const schema = { type: 'integer', minimum: 0 }
  return problemResponse(description, {
    'Retry-After': header('Seconds to wait before the retry.', { schema }),
  })
}

/** The error response 401. */
export function tokenRefused(description: string): Json {
  return problemResponse(description, {
    'WWW-Authenticate': header('How to send a token.', { schema: { const: 'Bearer' } }),
  })
}

/** The responses to requests that a website sends through somebody's browser, by their status. */
export function refusalsOfForeignPages(method: 'get' | 'post'): Json {
  return {
    ...(method === 'post' && { 403: problemResponse('A page of another website sent this.') }),
    421: problemResponse('The host name of the request is not allowed.'),
  }
}

/** What is true for every path, as a part of the description of a document. */
export const everyPath =
  'HEAD is answered like GET, without the body. A method that a path does not have gets 405 with the header Allow. A request that is not valid HTTP gets 400, one that does not arrive in time 408 or 503, and one with headers over 16 KiB 431. Errors are application/problem+json (RFC 9457).'

/** An operation that returns the document itself. */
export const getDocument: Json = {
  get: {
    summary: 'Returns this document',
    security: [],
    responses: {
      200: { description: 'OK.', content: { 'application/json': { schema: { type: 'object' } } } },
      ...refusalsOfForeignPages('get'),
      503: retryLater('The memory for responses is full.'),
    },
  },
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
