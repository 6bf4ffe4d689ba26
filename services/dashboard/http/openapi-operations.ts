import type { Json } from '../../adapters/http/openapi.ts'
import {
  problemResponse as problem,
  refusalsOfForeignPages,
  retryLater,
  tokenRefused,
} from '../../adapters/http/openapi.ts'
import { vinField } from '../../telemetry/reading/fields.ts'
import { examples } from './openapi-examples.ts'
import type { schemas } from './openapi-schemas.ts'

/** Parts of the operations in the OpenAPI document. */

type Details = {
  readonly parameters?: readonly Json[]
  /** Responses besides those that every path has. */
  readonly responses?: Json
  /** Whether it has a response without the token too. */
  readonly isOpen?: boolean
}

export const tokenRequired = tokenRefused('The token or the session cookie is missing or wrong.')

/** The name of the schema of each response. */
const schemaNames = {
  settings: 'Settings',
  vehicles: 'Vehicles',
  vehicle: 'Vehicle',
  track: 'Track',
  trips: 'Trips',
  tracks: 'Tracks',
  report: 'Report',
  ledger: 'Ledger',
  health: 'Health',
  pipelines: 'Pipelines',
  pipeline: 'Pipeline',
  tasks: 'Tasks',
  task: 'Task',
  workers: 'Workers',
  worker: 'Worker',
  files: 'Files',
  file: 'File',
  managerStatus: 'ManagerStatus',
  upload: 'Upload',
  devices: 'Devices',
  device: 'Device',
  deviceWithToken: 'DeviceWithToken',
} as const satisfies Readonly<Record<keyof typeof examples, keyof typeof schemas>>

export function get(summary: string, name: keyof typeof schemaNames, details: Details = {}): Json {
  const { parameters = [], responses = {}, isOpen = false } = details
  return {
    get: {
      summary,
      ...(isOpen && { security: [{}, { token: [] }, { session: [] }] }),
      parameters,
      responses: {
        200: { description: 'OK.', content: inJson(name) },
        ...(parameters.length > 0 && {
          400: problem('A query parameter is invalid or unknown, or the path is not valid.'),
        }),
        ...(!isOpen && { 401: tokenRequired }),
        ...(parameters.includes(vin) && {
          404: problem('The vehicle is unknown. For track and trips: the vin is invalid.'),
        }),
        ...refusalsOfForeignPages('get'),
        503: retryLater('The memory for responses is full.'),
        ...responses,
      },
    },
  }
}

/** A response in JSON, with its schema and example. */
export const inJson = (name: keyof typeof schemaNames): Json => ({
  'application/json': {
    schema: { $ref: `#/components/schemas/${schemaNames[name]}` },
    example: examples[name],
  },
})

export const vin: Json = {
  name: 'vin',
  in: 'path',
  required: true,
  schema: { type: 'string', pattern: vinField.pattern.source },
  example: vinField.example,
}
