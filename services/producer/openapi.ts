import type { Json } from '../adapters/http/openapi.ts'
import {
  everyPath,
  getDocument,
  header,
  problemResponse as problem,
  refusalsOfForeignPages,
  retryLater,
  tokenRefused,
} from '../adapters/http/openapi.ts'
import type { Millis } from '../telemetry/time.ts'
import { maxReadings, mediaTypes } from './events/parse-body.ts'
import { devicePaths, otherVehicle } from './openapi-devices.ts'
import { exampleReading, schemas } from './openapi-schemas.ts'

export type DocumentOptions = {
  /** The time of the example readings. */
  readonly now?: Millis
  /** Whether POST needs a token; undefined in a document for all platforms. */
  readonly needsToken?: boolean
}

/**
 * The OpenAPI 3.1 document of the ingress. The schema of a reading is generated from the table of
 * fields that the parser uses too. The examples are readings that can be sent `now`.
 */
export function openApiDocument(
  eventsPath: string,
  { now = Date.now(), needsToken }: DocumentOptions = {},
): Json {
  return {
    openapi: '3.1.0',
    info: {
      title: 'av-telemetry',
      version: '1',
      description: `Accepts readings from vehicles. Each reading acknowledged with 202 becomes exactly one row in the database, or one dead letter with the reason. Without a 202 response, some readings may be stored: after 408, 429, 503 or a lost connection, retry the same request. A reading that was stored already is not stored twice. ${everyPath}`,
    },
    paths: {
      [eventsPath]: { get: getEvents, post: postEvents(now, needsToken) },
      ...devicePaths(needsToken),
      '/receipts/{id}': { get: getReceipt },
      '/openapi.json': getDocument,
      '/docs': { get: getDocs },
    },
    components: {
      schemas: schemas(now),
      securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
    },
  }
}

const ref = (name: string): Json => ({ $ref: `#/components/schemas/${name}` })
const jsonBody = (name: string): Json => ({ 'application/json': { schema: ref(name) } })

const getEvents: Json = {
  summary: 'Returns the number of events served',
  responses: {
    200: {
      description: 'Plain text, an HTML page or JSON, chosen by the Accept header.',
      headers: {
        Vary: header('The response depends on this header.', { schema: { const: 'accept' } }),
        'Cache-Control': header('The number changes.', { schema: { const: 'no-store' } }),
        'Content-Security-Policy': header('With an HTML page.', { required: false }),
      },
      content: {
        'text/plain': {
          schema: { type: 'string' },
          example: 'Welcome to KafkaProducer/HTTPServer!\n\nEvents served: 42.',
        },
        'text/html': { schema: { type: 'string' } },
        ...jsonBody('EventCount'),
      },
    },
    400: problem(
      'The request carries a reading, in its query or its body. Send readings in the body of a POST request.',
    ),
    ...refusalsOfForeignPages('get'),
    503: retryLater('No producer is ready. Retry the same request later.'),
  },
}

function postEvents(now: Millis, needsToken: boolean | undefined): Json {
  return {
    summary: `Accepts 1 to ${maxReadings} readings`,
    description:
      'The body may be compressed with gzip. With the query unknown=metadata, unknown fields of JSON are stored in the metadata. Otherwise a reading with an unknown field is refused.',
    security: [
      ...(needsToken === true ? [] : [{}]),
      ...(needsToken === false ? [] : [{ token: [] }]),
    ],
    requestBody: { required: true, content: bodies(now) },
    responses: postResponses,
  }
}

function bodies(now: Millis): Json {
  const reading = exampleReading(now)
  const next = { ...reading, ...exampleReading(now - 1_000), sequence: 1041 }
  const lines = [next, reading].map((line) => JSON.stringify(line))
  const { timestamp, vin, make, model, speed } = reading
  return {
    [mediaTypes.json]: {
      schema: {
        oneOf: [
          ref('Reading'),
          {
            type: 'array',
            items: ref('Reading'),
            minItems: 1,
            maxItems: maxReadings,
            description: 'An invalid reading is refused without affecting the others.',
          },
        ],
      },
      examples: {
        one: { summary: 'One reading', value: reading },
        several: { summary: 'Several readings', value: [next, reading] },
      },
    },
    [mediaTypes.ndjson]: {
      schema: { type: 'string', description: 'One reading as JSON per line.' },
      example: `${lines.join('\n')}\n`,
    },
    [mediaTypes.form]: {
      schema: ref('FormReading'),
      example: {
        ...{ timestamp, vin, make, model, speed },
        ...{ position_x: 12.5, position_y: -3, position_z: 0 },
      },
    },
  }
}

const postResponses: Json = {
  202: {
    description:
      'OK. Kafka has acknowledged every accepted reading. Invalid readings are listed in `rejected`.',
    content: jsonBody('Accepted'),
    links: {
      receipt: {
        operationId: 'getReceipt',
        parameters: { id: '$response.body#/receipts/0' },
        description: 'The status of the first reading, if it was accepted.',
      },
    },
  },
  400: problem(
    'The body is not valid UTF-8, JSON or NDJSON, or is nested too deeply or has too many values, or the query has a position.',
  ),
  401: tokenRefused(
    'The platform or the vehicle requires a token, and the token is missing or wrong.',
  ),
  ...refusalsOfForeignPages('post'),
  403: otherVehicle,
  408: problem('The request was not complete within 30 s. Retry the same request.'),
  413: problem(
    `The body is over 1 MiB, also after decompression, or has over ${maxReadings} readings. Split it into several requests.`,
  ),
  415: problem(
    'The body is not JSON, NDJSON or a form, is not UTF-8, or has a compression other than gzip.',
  ),
  422: problem(
    'Every reading is invalid, or the request contains none. Readings refused with `time-too-far-ahead` can be sent again after the clock is corrected.',
  ),
  429: retryLater(
    'The client has sent more readings per second than allowed. Retry the same request after the given time.',
  ),
  503: retryLater(
    'No producer is ready, the memory for pending requests is full, the body arrived too slowly, too many readings are waiting to be stored, or Kafka did not acknowledge in time. Retry the same request after the given time.',
  ),
}

const getReceipt: Json = {
  operationId: 'getReceipt',
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
    200: { description: 'OK. The status of the reading.', content: jsonBody('Receipt') },
    400: problem('The path is not valid: it has a percent sign that encodes nothing.'),
    404: problem('No reading has this receipt.'),
    ...refusalsOfForeignPages('get'),
    503: retryLater('The database or Kafka cannot be reached. Retry the same request later.'),
  },
}

const getDocs: Json = {
  summary: 'Returns this documentation as a page for browsers',
  responses: {
    200: {
      description: 'An HTML page. Its files are below the same path.',
      headers: { 'Content-Security-Policy': header('What the page may load.') },
      content: { 'text/html': { schema: { type: 'string' } } },
    },
    ...refusalsOfForeignPages('get'),
  },
}
