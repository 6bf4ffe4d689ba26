import { problemResponse as problem, problemSchema } from '../adapters/http/openapi.ts'
import { formFields } from '../telemetry/reading/form.ts'
import type { ReadingField } from '../telemetry/reading/fields.ts'
import { readingFields } from '../telemetry/reading/fields.ts'
import { refusalCodes } from '../telemetry/reading/reading.ts'
import { maxReadings, mediaTypes } from './events/parse-body.ts'

type Json = Readonly<Record<string, unknown>>

/**
 * The OpenAPI 3.1 document of the ingress. The schema of a reading is generated from the table of
 * fields that the parser uses too.
 */
export function openApiDocument(eventsPath: string): Json {
  return {
    openapi: '3.1.0',
    info: {
      title: 'av-telemetry',
      version: '1',
      description:
        'Accepts readings from vehicles. Each reading acknowledged with 202 becomes exactly one row in the database, or one dead letter with the reason. Without a 202 response, some readings may be stored: after 408, 429, 503 or a lost connection, retry the same request. A reading that was stored already is not stored twice. Every path can return 400 for a request that is not valid HTTP, 408 for a request that is not complete in time, and 431 for headers over 16 KiB.',
    },
    paths: {
      [eventsPath]: { get: getEvents, post: postEvents },
      '/receipts/{id}': { get: getReceipt },
    },
    components: {
      schemas: {
        Reading: readingSchema(),
        FormReading: formSchema,
        Accepted: acceptedSchema,
        Problem: problemSchema({ rejected: rejectedSchema }),
        Receipt: receiptSchema,
      },
      securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
    },
  }
}

const ref = (name: string): Json => ({ $ref: `#/components/schemas/${name}` })
const jsonBody = (schema: Json): Json => ({ 'application/json': { schema } })
const retryLater = (description: string): Json => ({
  ...problem(description),
  headers: {
    'Retry-After': {
      schema: { type: 'integer' },
      description: 'Seconds to wait before the retry.',
    },
  },
})

const getEvents: Json = {
  summary: 'Returns the number of events served',
  responses: {
    200: {
      description: 'Plain text, an HTML page or JSON, chosen by the Accept header.',
      content: {
        'text/plain': {
          schema: { type: 'string' },
          example: 'Welcome to KafkaProducer/HTTPServer!\n\nEvents served: 42.',
        },
        'text/html': { schema: { type: 'string' } },
        ...jsonBody({
          type: 'object',
          required: ['eventsServed', 'asOf'],
          properties: {
            eventsServed: {
              type: 'integer',
              minimum: 0,
              description: 'Records appended to the topic since it was created.',
            },
            asOf: {
              type: 'string',
              format: 'date-time',
              description: 'When Kafka reported this number.',
            },
          },
        }),
      },
    },
    400: problem(
      'The request carries a reading, in its query or its body. Send readings in the body of a POST request.',
    ),
    503: retryLater('The producer has not reached Kafka yet. Retry the same request later.'),
  },
}

const postEvents: Json = {
  summary: `Accepts 1 to ${maxReadings} readings`,
  security: [{}, { token: [] }],
  requestBody: {
    required: true,
    content: {
      [mediaTypes.json]: {
        schema: {
          oneOf: [
            ref('Reading'),
            { type: 'array', items: ref('Reading'), minItems: 1, maxItems: maxReadings },
          ],
        },
      },
      [mediaTypes.ndjson]: {
        schema: { type: 'string', description: 'One reading as JSON per line.' },
      },
      [mediaTypes.form]: { schema: ref('FormReading') },
    },
  },
  responses: {
    202: {
      description:
        'OK. Kafka has acknowledged every accepted reading. Invalid readings are listed in `rejected`.',
      content: jsonBody(ref('Accepted')),
    },
    400: problem('The body is not valid UTF-8, JSON or NDJSON, or the query has a position.'),
    401: problem('The platform requires a token, and the token is missing or wrong.'),
    408: problem('The request was not complete within 30 s. Retry the same request.'),
    413: problem(
      `The body is over 1 MiB or has over ${maxReadings} readings. Split it into several requests.`,
    ),
    415: problem('The body is not JSON, NDJSON or a form, is not UTF-8, or is compressed.'),
    422: problem(
      'Every reading is invalid, or the request contains none. Readings refused with `time-too-far-ahead` can be sent again after the clock is corrected.',
    ),
    429: retryLater(
      'The client has sent more readings per second than allowed. Retry the same request after the given time.',
    ),
    503: retryLater(
      'The producer is starting, its memory for pending requests is full, the body arrived too slowly, too many readings are waiting to be stored, or Kafka did not acknowledge in time. Retry the same request after the given time.',
    ),
  },
}

const getReceipt: Json = {
  summary: 'Returns the status of an acknowledged reading',
  security: [{}, { token: [] }],
  parameters: [
    {
      name: 'id',
      in: 'path',
      required: true,
      schema: { type: 'string' },
      description: 'A receipt from a 202 response: log id, partition and offset.',
      example: '1-3-1042',
    },
  ],
  responses: {
    200: { description: 'OK. The status of the reading.', content: jsonBody(ref('Receipt')) },
    404: problem('No reading has this receipt.'),
    503: retryLater('The database or Kafka cannot be reached. Retry the same request later.'),
  },
}

function readingSchema(): Json {
  return {
    type: 'object',
    additionalProperties: false,
    required: readingFields.filter((field) => field.required).map((field) => field.name),
    properties: Object.fromEntries(readingFields.map((field) => [field.name, fieldSchema(field)])),
  }
}

function fieldSchema(field: ReadingField): Json {
  const vss = field.vss === undefined ? '' : ` VSS: ${field.vss}.`
  const documentation = { description: `${field.description}${vss}`, examples: [field.example] }
  const optional = (type: string): unknown => (field.required ? type : [type, 'null'])
  switch (field.kind) {
    case 'vin':
      return { type: 'string', pattern: field.pattern.source, ...documentation }
    case 'time':
      return {
        oneOf: [{ type: 'string', format: 'date-time' }, { type: 'number' }],
        ...documentation,
      }
    case 'number':
    case 'integer': {
      const upper = field.excludesMaximum ? 'exclusiveMaximum' : 'maximum'
      const range = { minimum: field.minimum, [upper]: field.maximum }
      return { type: optional(field.kind), ...range, ...documentation, 'x-unit': field.unit }
    }
    case 'text':
      return { type: optional('string'), maxLength: field.maxLength, ...documentation }
    case 'object':
      return { type: optional('object'), ...documentation }
    default:
      return field satisfies never
  }
}

const formSchema: Json = {
  type: 'object',
  description:
    'Send the position either as position_x, position_y and position_z, or as position three times.',
  required: ['timestamp', 'vin', 'speed'],
  properties: Object.fromEntries(
    formFields.map(({ name, description }) => {
      const schema = { type: 'string', description }
      return [
        name,
        name === 'position' ? { type: 'array', items: schema, minItems: 3, maxItems: 3 } : schema,
      ]
    }),
  ),
}

const rejectedSchema: Json = {
  type: 'array',
  items: {
    type: 'object',
    required: ['index', 'code', 'detail'],
    properties: {
      index: {
        type: 'integer',
        minimum: 0,
        description: 'Position of the reading in the request.',
      },
      code: { type: 'string', enum: refusalCodes },
      detail: { type: 'string', description: 'What is wrong with the reading.' },
    },
  },
}

const acceptedSchema: Json = {
  type: 'object',
  required: ['accepted', 'receipts', 'rejected'],
  properties: {
    accepted: { type: 'integer', minimum: 1, description: 'Number of accepted readings.' },
    receipts: {
      type: 'array',
      items: { type: ['string', 'null'] },
      description: 'receipts[i] is the receipt of reading i, or null if the reading was refused.',
    },
    rejected: rejectedSchema,
  },
}

const receiptSchema: Json = {
  type: 'object',
  required: ['receipt', 'status'],
  properties: {
    receipt: { type: 'string' },
    status: {
      enum: ['queued', 'stored', 'duplicate', 'dead-lettered', 'expired', 'unknown'],
      description:
        'queued: not processed yet. stored: it is a row. duplicate: the same reading was stored before. dead-lettered: it could not be stored. expired: Kafka deleted it before it was processed. unknown: Kafka lost its log while readings arrived, and two readings may have this receipt.',
    },
    code: { type: 'string', description: 'If dead-lettered: the reason as a code.' },
    detail: {
      type: 'string',
      description:
        'If dead-lettered: the reason as a sentence, which can quote the reading. If the platform requires a token, only with the token.',
    },
    state: {
      enum: ['open', 'discarded'],
      description:
        'If dead-lettered: open, or discarded by an operator. If the platform requires a token, only with the token.',
    },
  },
}
