import type { Json } from '../adapters/http/openapi.ts'
import { problemSchema } from '../adapters/http/openapi.ts'
import { formFields, requiredFormFields } from '../telemetry/reading/form.ts'
import { firstDeviceSequence } from '../telemetry/reading/device-sequence.ts'
import type { ReadingField } from '../telemetry/reading/fields.ts'
import { readingFields } from '../telemetry/reading/fields.ts'
import { refusalCodes } from '../telemetry/reading/reading.ts'
import type { Millis } from '../telemetry/time.ts'

/** The schemas of the producer's OpenAPI document, and readings as examples. */

/** @param now the time of the examples */
export function schemas(now: Millis): Json {
  return {
    Reading: readingSchema(now),
    FormReading: formSchema(now),
    EventCount: eventCountSchema,
    Accepted: acceptedSchema,
    Problem: problemSchema({ rejected: rejectedSchema }),
    Receipt: receiptSchema,
  }
}

/** A reading with every field. */
export function exampleReading(now: Millis): Json {
  return Object.fromEntries(readingFields.map((field) => [field.name, exampleOf(field, now)]))
}

/** A reading that was observed at `now`: the producer refuses old readings. */
function exampleOf(field: ReadingField, now: Millis): unknown {
  return field.kind === 'time' ? new Date(now).toISOString() : field.example
}

function readingSchema(now: Millis): Json {
  return {
    type: 'object',
    additionalProperties: false,
    required: readingFields.filter((field) => field.required).map((field) => field.name),
    properties: Object.fromEntries(
      readingFields.map((field) => [
        field.name,
        { ...fieldSchema(field), ...documentationOf(field, now) },
      ]),
    ),
  }
}

function documentationOf(field: ReadingField, now: Millis): Json {
  const vss = field.vss === undefined ? '' : ` VSS: ${field.vss}.`
  return { description: `${field.description}${vss}`, examples: [exampleOf(field, now)] }
}

function fieldSchema(field: ReadingField): Json {
  const optional = (type: string): unknown => (field.required ? type : [type, 'null'])
  switch (field.kind) {
    case 'vin':
      return { type: 'string', pattern: field.pattern.source }
    case 'time':
      return { oneOf: timeSchemas }
    case 'number':
    case 'integer': {
      const upper = field.excludesMaximum ? 'exclusiveMaximum' : 'maximum'
      const maximum = field.name === 'sequence' ? firstDeviceSequence - 1 : field.maximum
      const range = { minimum: field.minimum, [upper]: maximum }
      return { type: optional(field.kind), ...range, 'x-unit': field.unit }
    }
    case 'text':
      return { type: optional('string'), maxLength: field.maxLength, pattern: withoutNul }
    case 'object':
      return { type: optional('object') }
    default:
      return field satisfies never
  }
}

const timeSchemas: readonly Json[] = [
  { type: 'string', format: 'date-time' },
  { type: 'number', minimum: 0, exclusiveMaximum: 1e11, 'x-unit': 'Unix seconds' },
]
/** Postgres does not store a NUL. */
const withoutNul = '^[^\\u0000]*$'

/** The position is sent in one of two ways. */
function formSchema(now: Millis): Json {
  const variant = (isRepeated: boolean): Json => {
    const names = formFields.filter(({ position }) => position !== (isRepeated ? 'axis' : 'all'))
    const positions = names.filter(({ position }) => position !== undefined)
    return {
      type: 'object',
      additionalProperties: false,
      required: [...requiredFormFields, ...positions.map(({ name }) => name)],
      properties: Object.fromEntries(names.map((field) => [field.name, formField(field, now)])),
    }
  }
  return {
    description:
      'Send the position either as position_x, position_y and position_z, or as position three times.',
    oneOf: [variant(false), variant(true)],
  }
}

function formField({ name, description, position }: (typeof formFields)[number], now: Millis) {
  if (position === 'axis') return { type: 'number', description, examples: [12.5] }
  if (position === 'all') {
    const items = { type: 'number' }
    return {
      type: 'array',
      items,
      minItems: 3,
      maxItems: 3,
      description,
      examples: [[12.5, -3, 0]],
    }
  }
  const field = readingFields.find((candidate) => candidate.name === name)
  if (field === undefined) throw new Error(`a reading has no field ${name}`)
  // A form has no null.
  const schema = fieldSchema({ ...field, required: true })
  return { ...schema, ...documentationOf(field, now), description }
}

const eventCountSchema: Json = {
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
