import type { Json } from '../adapters/http/openapi.ts'
import {
  header,
  problemResponse as problem,
  refusalsOfForeignPages,
  retryLater,
} from '../adapters/http/openapi.ts'
import { maxReadings } from './events/parse-body.ts'
import { deviceFormats } from './formats/all-formats.ts'
import type { DeviceFormat } from './formats/format.ts'

export const otherVehicle = problem(
  'A page of another website sent this, the token belongs to another vehicle (`other-vehicle`), the request has the tokens of several vehicles (`several-tokens`), or the vehicle has no device and the request has no token (`unknown-vehicle`). Nothing is stored.',
)

/** The paths of phones and trackers in the OpenAPI document. */
export function devicePaths(needsToken: boolean | undefined): Json {
  return Object.fromEntries(
    deviceFormats.map((format) => [`/devices/${format.name}`, pathOf(format, needsToken)]),
  )
}

function pathOf(format: DeviceFormat, needsToken: boolean | undefined): Json {
  const methods = format.methods.map((method) => method.toLowerCase())
  return Object.fromEntries(
    methods.map((method) => [
      method,
      {
        summary: `Accepts positions of phones and trackers in the format ${format.name}`,
        description:
          'Each position becomes a row, or a dead letter if it can never become a row. The token may also be at the end of the path, in the query as token, or the password of basic authentication. The status for HEAD is 405.',
        security: [
          ...(needsToken === true ? [] : [{}]),
          ...(needsToken === false ? [] : [{ token: [] }]),
        ],
        ...(method === 'post' && { requestBody: bodyOf(format) }),
        responses: responsesOf(format),
      },
    ]),
  )
}

function bodyOf({ methods }: DeviceFormat): Json {
  const json = { schema: { type: 'object' } }
  const form = { schema: { type: 'object', additionalProperties: { type: 'string' } } }
  const hasForms = methods.includes('GET')
  return {
    required: false,
    content: {
      'application/json': json,
      ...(hasForms && { 'application/x-www-form-urlencoded': form }),
    },
  }
}

function responsesOf({ answer }: DeviceFormat): Json {
  const schema = { const: valueOf(answer) }
  return {
    200: {
      description: 'OK. Kafka has acknowledged every position and every refused message.',
      headers: { 'Cache-Control': header('Not kept.', { schema: { const: 'no-store' } }) },
      content: { [answer.contentType]: { schema } },
    },
    400: problem('The body is not valid gzip.'),
    401: problem(
      'The platform or the vehicle requires a token, and the token is missing or wrong.',
      {
        'WWW-Authenticate': header('How to send a token.'),
      },
    ),
    ...refusalsOfForeignPages('post'),
    403: otherVehicle,
    413: problem(
      `The body is over 1 MiB, also after decompression, or has over ${maxReadings} positions.`,
    ),
    415: problem('The body has a compression other than gzip.'),
    503: retryLater(
      'No producer is ready, a limit is reached, the request was not complete within 30 s, or Kafka did not acknowledge in time. Retry the same request after the given time.',
    ),
  }
}

function valueOf({ contentType, body }: DeviceFormat['answer']): unknown {
  return contentType === 'application/json' ? JSON.parse(body) : body
}
