import { problemAnswer as problem, problemSchema } from '../../adapters/http/openapi.ts'
import { formFields } from '../../telemetry/reading/form.ts'
import type { ReadingField } from '../../telemetry/reading/fields.ts'
import { readingFields } from '../../telemetry/reading/fields.ts'
import { refusalCodes } from '../../telemetry/reading/reading.ts'
import { maxReadings, mediaTypes } from '../events/parse-body.ts'

type Json = Readonly<Record<string, unknown>>

/** The OpenAPI 3.1 document of the ingress; what it says of a reading comes from the table of fields. */
export function openApiDocument(eventsPath: string): Json {
  return {
    openapi: '3.1.0',
    info: {
      title: 'av-telemetry',
      version: '1',
      description:
        'Takes readings of vehicles. What is acknowledged with 202 becomes exactly one row, or one dead letter that says why. What is not acknowledged may be stored: send it again unchanged, it adds no second row. On every path, 400, 408 and 431 answer what cannot be read as HTTP, does not come whole in time, or has over 16 KiB of headers.',
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
  headers: { 'Retry-After': { schema: { type: 'integer' }, description: 'Seconds to wait.' } },
})

const getEvents: Json = {
  summary: 'How many events the platform has taken',
  responses: {
    200: {
      description: 'Plain text, a page, or JSON, as the Accept header asks.',
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
            eventsServed: { type: 'integer', minimum: 0 },
            asOf: { type: 'string', format: 'date-time' },
          },
        }),
      },
    },
    503: retryLater('Kafka has not been reached since the start.'),
  },
}

const postEvents: Json = {
  summary: `Takes one reading, or up to ${maxReadings}`,
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
        schema: { type: 'string', description: 'One reading as JSON a line.' },
      },
      [mediaTypes.form]: { schema: ref('FormReading') },
    },
  },
  responses: {
    202: {
      description: 'Kafka has acknowledged every accepted reading.',
      content: jsonBody(ref('Accepted')),
    },
    400: problem('The body cannot be read.'),
    401: problem('The platform wants a token.'),
    408: problem('The request did not come whole within 30 s; send it again unchanged.'),
    413: problem(`Over 1 MiB, or over ${maxReadings} readings.`),
    415: problem('Neither JSON, nor NDJSON, nor a form; not UTF-8; or compressed.'),
    422: problem(
      'Every reading was refused, or none was sent. Those refused as `time-too-far-ahead` are taken once the clocks are right.',
    ),
    429: retryLater(
      'More readings a second than one client may send, where there is a limit. Send it again unchanged.',
    ),
    503: retryLater(
      'Full, not acknowledged in time, or too many readings wait to be stored. Send it again unchanged.',
    ),
  },
}

const getReceipt: Json = {
  summary: 'What became of an acknowledged reading',
  parameters: [
    {
      name: 'id',
      in: 'path',
      required: true,
      schema: { type: 'string' },
      description: 'From the receipts of a 202: log, partition and offset.',
      example: '1-3-1042',
    },
  ],
  responses: {
    200: { description: 'Its status.', content: jsonBody(ref('Receipt')) },
    404: problem('No reading has this receipt.'),
    503: retryLater('The database or Kafka cannot be reached.'),
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
  const about = { description: `${field.description}${vss}`, examples: [field.example] }
  const optional = (type: string): unknown => (field.required ? type : [type, 'null'])
  switch (field.kind) {
    case 'vin':
      return { type: 'string', pattern: field.pattern.source, ...about }
    case 'time':
      return { oneOf: [{ type: 'string', format: 'date-time' }, { type: 'number' }], ...about }
    case 'number':
    case 'integer': {
      const upper = field.openEnded ? 'exclusiveMaximum' : 'maximum'
      const range = { minimum: field.minimum, [upper]: field.maximum }
      return { type: optional(field.kind), ...range, ...about, 'x-unit': field.unit }
    }
    case 'text':
      return { type: optional('string'), maxLength: field.maxLength, ...about }
    case 'object':
      return { type: optional('object'), ...about }
    default:
      return field satisfies never
  }
}

const formSchema: Json = {
  type: 'object',
  description: 'Either position_x, position_y and position_z, or position three times.',
  required: ['timestamp', 'vin', 'speed'],
  properties: Object.fromEntries(
    formFields.map(({ name, description }) => {
      const text = { type: 'string', description }
      return [
        name,
        name === 'position' ? { type: 'array', items: text, minItems: 3, maxItems: 3 } : text,
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
      index: { type: 'integer', minimum: 0 },
      code: { type: 'string', enum: refusalCodes },
      detail: { type: 'string' },
    },
  },
}

const acceptedSchema: Json = {
  type: 'object',
  required: ['accepted', 'receipts', 'rejected'],
  properties: {
    accepted: { type: 'integer', minimum: 1 },
    receipts: {
      type: 'array',
      items: { type: ['string', 'null'] },
      description: 'receipts[i] belongs to reading i; null where it was refused.',
    },
    rejected: rejectedSchema,
  },
}

const receiptSchema: Json = {
  type: 'object',
  required: ['receipt', 'status'],
  properties: {
    receipt: { type: 'string' },
    status: { enum: ['queued', 'stored', 'duplicate', 'dead-lettered', 'expired'] },
    code: { type: 'string', description: 'Why, where it is dead-lettered.' },
    detail: { type: 'string' },
    state: {
      enum: ['open', 'discarded'],
      description: 'Where it is dead-lettered: whether somebody has discarded it for good.',
    },
  },
}
