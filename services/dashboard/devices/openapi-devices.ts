import * as z from 'zod'
import type { Json } from '../../adapters/http/openapi.ts'
import {
  problemResponse as problem,
  refusalsOfForeignPages,
  retryLater,
  tokenRefused,
} from '../../adapters/http/openapi.ts'
import { vinField } from '../../telemetry/reading/fields.ts'
import { get, inJson } from '../http/openapi-operations.ts'
import { aliasBody, newDeviceBody, renamedDeviceBody } from './parse-device.ts'

/** The part of the document about devices. */

const deviceId: Json = {
  name: 'vin',
  in: 'path',
  required: true,
  description: 'The vin of the device, or one of its aliases.',
  schema: { type: 'string', minLength: 1, maxLength: 64 },
  example: vinField.example,
}

const notRead: Json = { 503: retryLater('The devices have not been read from Kafka yet.') }
const unknown = problem('There is no device with this vin or alias.')

const changes: Json = {
  401: tokenRefused('The token or the session cookie is missing or wrong.'),
  ...refusalsOfForeignPages('post'),
  403: problem(
    'A page of another website sent this, or this dashboard is public and has no token.',
  ),
  409: problem('Another device has the vin or an alias, or the device was changed elsewhere.'),
  503: retryLater('The devices have not been read, or Kafka did not confirm the change.'),
}

const ofBody: Json = {
  400: problem('The body or the path is not valid.'),
  413: problem('The body is over 16 KiB.'),
  415: problem('The body is not JSON, or has an unknown charset or compression.'),
}

function bodyOf(schema: z.ZodType, example: Json): Json {
  const { $schema: _, ...json } = z.toJSONSchema(schema, { io: 'input' })
  return { required: true, content: { 'application/json': { schema: json, example } } }
}

function withAlias(summary: string): Json {
  return {
    post: {
      ...(action(summary, 'device')['post'] as object),
      requestBody: bodyOf(aliasBody, { alias: '73829102' }),
    },
  }
}

function action(summary: string, name: 'device' | 'deviceWithToken'): Json {
  return {
    post: {
      summary,
      parameters: [deviceId],
      responses: {
        200: { description: 'Changed.', content: inJson(name) },
        ...{ 404: unknown, ...changes, ...ofBody },
      },
    },
  }
}

export const devicePaths: Json = {
  '/api/devices': {
    ...get('The devices, sorted by vin', 'devices', { responses: notRead }),
    post: {
      summary:
        'Adds a device. The response has its token, which is not stored and cannot be shown again',
      requestBody: bodyOf(newDeviceBody, { name: 'Van 12', aliases: ['73829102'] }),
      responses: {
        201: { description: 'Added.', content: inJson('deviceWithToken') },
        ...changes,
        ...ofBody,
      },
    },
  },
  '/api/devices/{vin}': get('One device', 'device', {
    parameters: [deviceId],
    responses: { 404: unknown, ...notRead },
  }),
  '/api/devices/{vin}/rename': {
    post: {
      ...(action('Changes the name', 'device')['post'] as object),
      requestBody: bodyOf(renamedDeviceBody, { name: 'Van 12' }),
    },
  },
  '/api/devices/{vin}/add-alias': withAlias(
    'Adds an alias, a further id that the device sends. At most eight',
  ),
  '/api/devices/{vin}/remove-alias': withAlias('Removes an alias'),
  '/api/devices/{vin}/rotate': action(
    'Makes a new token. The old one is refused within two seconds',
    'deviceWithToken',
  ),
  '/api/devices/{vin}/revoke': action('Refuses the token within two seconds', 'device'),
  '/api/devices/{vin}/remove': action(
    'Removes the device from the list. It erases nothing: the rows of the vehicle stay',
    'device',
  ),
}
