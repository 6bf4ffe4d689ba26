import { expect } from 'chai'
import { dashboardDocument } from '../../../services/dashboard/http/openapi.ts'

type Parameter = { readonly name: string } & Readonly<Record<string, unknown>>
type Document = {
  readonly paths: Readonly<Record<string, { readonly get?: { readonly parameters?: Parameter[] } }>>
}

const inQuery = (name: string, description: string, schema: object) => ({
  name,
  in: 'query',
  description,
  allowEmptyValue: true,
  schema,
})
const limitUpTo = (maximum: number, fallback: number) =>
  inQuery('limit', 'Maximum number of vehicles per page.', {
    type: 'integer',
    minimum: 1,
    maximum,
    default: fallback,
  })

const time = { type: 'string', format: 'date-time', maxLength: 40 }
const from = inQuery(
  'from',
  'Start of the span (inclusive), an ISO 8601 time. Default: one hour before `to`.',
  time,
)
const to = inQuery('to', 'End of the span (exclusive), an ISO 8601 time. Default: now.', time)
const tolerance = inQuery(
  'tolerance',
  'Metres by which the track may be simplified. At any time the vehicle was within this distance of the simplified track. 0 = not simplified. Default: 2, for files 0.',
  { type: 'number', minimum: 0, maximum: 10_000 },
)
const cursor = inQuery('cursor', 'The `next` of the previous response. Default: the first page.', {
  type: 'string',
  pattern: '^[A-Za-z0-9_-]*$',
  maxLength: 100,
})
const vin = {
  ...{ name: 'vin', in: 'path', required: true },
  schema: { type: 'string', pattern: '^[A-Za-z0-9-]{1,32}$' },
  example: '1AVTB2C37R0000042',
}

const idInPath = (example: number) => ({
  ...{ name: 'id', in: 'path', required: true, example },
  schema: { type: 'integer', minimum: 1, maximum: 999_999_999_999_999 },
})

const range = {
  name: 'Range',
  in: 'header',
  description: 'The bytes to send. A header that is not one range of bytes is ignored.',
  schema: { type: 'string' },
  example: 'bytes=0-16383',
}

const device = {
  ...{ name: 'vin', in: 'path', required: true, example: '1AVTB2C37R0000042' },
  description: 'The vin of the device, or one of its aliases.',
  schema: { type: 'string', minLength: 1, maxLength: 64 },
}

const date = { type: 'string', format: 'date', maxLength: 10 }
const expected: Readonly<Record<string, readonly Parameter[]>> = {
  '/api/settings': [],
  '/api/vehicles': [
    inQuery('search', 'Text to find in name, vin, alias, make or model. Case is ignored.', {
      type: 'string',
      maxLength: 100,
    }),
    inQuery('state', 'Activity of the vehicle, from the age and the speed of its last reading.', {
      enum: ['moving', 'standing', 'stale', 'silent'],
    }),
    limitUpTo(1000, 100),
    cursor,
  ],
  '/api/devices': [],
  '/api/devices/{vin}': [device],
  '/api/vehicles/{vin}': [vin],
  '/api/vehicles/{vin}/track': [
    ...[vin, from, to, tolerance],
    inQuery(
      'format',
      'Format of the response. Every format except json is sent as a file download, split where trips end, and says what its altitudes are above. Default: json.',
      {
        enum: ['json', 'geojson', 'gpx', 'csv'],
      },
    ),
  ],
  '/api/vehicles/{vin}/trips': [vin, from, to],
  '/api/tracks': [from, to, tolerance, limitUpTo(100, 50), cursor],
  '/api/reports': [
    inQuery('firstDay', 'First day of the report. Default: `lastDay`.', date),
    inQuery('lastDay', 'Last day of the report; up to 31 days. Default: the present day.', date),
    inQuery('timeZone', 'Time zone of the days, a name of the IANA database. Default: UTC.', {
      ...{ type: 'string', maxLength: 64, default: 'UTC' },
    }),
    inQuery('format', 'Format of the response. csv is sent as a file download with all vehicles.', {
      enum: ['json', 'csv'],
      default: 'json',
    }),
    inQuery('limit', 'Maximum number of vehicles per page of json. Default: 50.', {
      ...{ type: 'integer', minimum: 1, maximum: 500 },
    }),
    cursor,
  ],
  '/api/ledger': [],
  '/api/health': [],
  '/api/pipelines': [],
  '/api/pipelines/{name}': [
    {
      ...{ name: 'name', in: 'path', required: true },
      schema: { type: 'string', pattern: '^[a-z][a-z0-9_-]{0,62}$' },
      example: 'classifieds',
    },
  ],
  '/api/tasks': [
    inQuery('pipeline', 'Only tasks of this pipeline.', { type: 'string', maxLength: 63 }),
    inQuery('state', 'Only tasks in this state.', {
      enum: ['queued', 'running', 'complete', 'failed', 'canceled'],
    }),
    inQuery('limit', 'Maximum number of tasks per page.', {
      ...{ type: 'integer', minimum: 1, maximum: 200, default: 50 },
    }),
    inQuery('before', 'The `next` of the previous response. Default: the first page.', {
      ...{ type: 'integer', minimum: 1, maximum: 999_999_999_999_999 },
    }),
  ],
  '/api/tasks/{id}': [idInPath(17)],
  '/api/tasks/{id}/output.csv': [
    idInPath(17),
    inQuery('table', 'The table of the rows. Default: the only one.', {
      type: 'string',
      maxLength: 200,
    }),
  ],
  '/api/files': [
    inQuery('pipeline', 'Only files of this pipeline.', { type: 'string', maxLength: 63 }),
    inQuery('state', 'Only files in this state.', {
      enum: ['unmatched', 'queued', 'running', 'complete', 'failed', 'canceled'],
    }),
    inQuery('key', 'Only files that were found at this path in the bucket.', {
      ...{ type: 'string', maxLength: 1_024 },
    }),
    inQuery('limit', 'Maximum number of files per page.', {
      ...{ type: 'integer', minimum: 1, maximum: 200, default: 50 },
    }),
    inQuery('before', 'The `next` of the previous response. Default: the first page.', {
      ...{ type: 'integer', minimum: 1, maximum: 999_999_999_999_999 },
    }),
  ],
  '/api/files/{id}': [idInPath(5)],
  '/api/files/{id}/errors': [idInPath(5)],
  '/manager/status': [],
  '/workers': [],
  '/worker/{id}': [idInPath(3)],
  '/map.pmtiles': [range],
}

describe('dashboardDocument', () => {
  it('lists the parameters of each route that returns JSON', () => {
    const { paths } = dashboardDocument() as Document
    const parametersByPath = Object.entries(paths).flatMap(([path, { get }]) =>
      get?.parameters === undefined ? [] : [[path, byName(get.parameters)] as const],
    )
    const expectedByPath = Object.entries(expected).map(([path, parameters]) => [
      path,
      byName(parameters),
    ])
    expect(Object.fromEntries(parametersByPath)).to.deep.equal(Object.fromEntries(expectedByPath))
  })
})

/** The order of the parameters does not matter. */
function byName(parameters: readonly Parameter[]): Readonly<Record<string, Parameter>> {
  return Object.fromEntries(parameters.map((parameter) => [parameter.name, parameter]))
}
