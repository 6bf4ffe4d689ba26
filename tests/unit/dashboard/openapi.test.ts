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
  schema,
})
const limitUpTo = (maximum: number, fallback: number) =>
  inQuery('limit', 'How many at most.', {
    type: 'integer',
    minimum: 1,
    maximum,
    default: fallback,
  })

const time = { type: 'string', format: 'date-time' }
const from = inQuery('from', 'From this time on; by default an hour before `to`.', time)
const to = inQuery('to', 'Before this time; by default now.', time)
const tolerance = inQuery(
  'tolerance',
  'Metres by which a track may be simplified: by default 2, for files 0. At any time the vehicle was within so many metres of where the track has it.',
  { type: 'number', minimum: 0, maximum: 10_000 },
)
const cursor = inQuery('cursor', 'The `next` of the answer before.', { type: 'string' })
const vin = {
  ...{ name: 'vin', in: 'path', required: true },
  schema: { type: 'string' },
  example: '1AVTB2C37R0000042',
}

const expected: Readonly<Record<string, readonly Parameter[]>> = {
  '/api/settings': [],
  '/api/vehicles': [
    inQuery('search', 'In vin, make or model, whatever the case.', { type: 'string' }),
    inQuery('state', 'By the age of the last reading, and its speed.', {
      enum: ['moving', 'standing', 'stale', 'silent'],
    }),
    limitUpTo(1000, 100),
    cursor,
  ],
  '/api/vehicles/{vin}': [vin],
  '/api/vehicles/{vin}/track': [
    ...[vin, from, to, tolerance],
    inQuery('format', 'Other formats than json come as files.', {
      enum: ['json', 'geojson', 'gpx', 'csv'],
    }),
  ],
  '/api/vehicles/{vin}/trips': [vin, from, to],
  '/api/tracks': [from, to, tolerance, limitUpTo(100, 50), cursor],
  '/api/ledger': [],
  '/api/health': [],
  '/api/roads': [],
}

describe('the OpenAPI document of the dashboard', () => {
  it('has the parameters of each route that answers with JSON', () => {
    const { paths } = dashboardDocument() as Document
    const found = Object.entries(paths).flatMap(([path, { get }]) =>
      get?.parameters === undefined ? [] : [[path, byName(get.parameters)] as const],
    )
    const wanted = Object.entries(expected).map(([path, parameters]) => [path, byName(parameters)])
    expect(Object.fromEntries(found)).to.deep.equal(Object.fromEntries(wanted))
  })
})

/** The order of parameters means nothing. */
function byName(parameters: readonly Parameter[]): Readonly<Record<string, Parameter>> {
  return Object.fromEntries(parameters.map((each) => [each.name, each]))
}
