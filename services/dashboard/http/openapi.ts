import { problemResponse as problem, problemSchema } from '../../adapters/http/openapi.ts'
import { fleetTracksQuery, trackQuery, tripsQuery } from '../history/track-query.ts'
import { examples } from './openapi-examples.ts'
import { toOpenApiParameters } from './query-parameters.ts'
import { mediaTypes } from '../history/formats/track-formats.ts'
import { vehicleQuery } from '../live/vehicle-list.ts'

type Json = Readonly<Record<string, unknown>>

/** The OpenAPI 3.1 document of the dashboard. Each response is described by an example. */
export function dashboardDocument(): Json {
  return {
    openapi: '3.1.0',
    info: {
      title: 'av-telemetry dashboard',
      version: '1',
      description:
        'Current and past positions of the fleet, and the health of the platform. Speeds are in metres per second, distances in metres, times are ISO 8601 in UTC. Errors are application/problem+json (RFC 9457).',
    },
    security: [{}, { token: [] }, { session: [] }],
    paths: paths(),
    components: {
      schemas: { Problem: problemSchema() },
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer' },
        session: { type: 'apiKey', in: 'cookie', name: 'av-telemetry-dashboard' },
      },
    },
  }
}

function paths(): Json {
  return {
    '/api/settings': get(
      'Settings of the page: map, limits and addresses. Without the token, if one is required, only `needsToken`',
      'settings',
      { isOpen: true },
    ),
    '/api/session': { post: postSession },
    '/api/vehicles': get('The latest state of all vehicles, sorted by vin, in pages', 'vehicles', {
      parameters: toOpenApiParameters(vehicleQuery),
    }),
    '/api/vehicles/{vin}': get('The latest state of one vehicle', 'vehicle', {
      parameters: [vin],
    }),
    '/api/vehicles/{vin}/track': getTrack,
    '/api/vehicles/{vin}/trips': get(
      'Trips and stops of one vehicle, computed from its stored readings; up to 31 days. `beganBefore` and `endsAfter`: it began before `from`, or goes on after `to`, and is cut off there',
      'trips',
      {
        parameters: [vin, ...toOpenApiParameters(tripsQuery)],
      },
    ),
    '/api/tracks': get('The tracks of the fleet for playback, in pages; up to 25 hours', 'tracks', {
      parameters: toOpenApiParameters(fleetTracksQuery),
    }),
    '/api/ledger': get('The account: what happened to every acknowledged reading', 'ledger'),
    '/api/health': get('The health of the platform, now and in the last hour', 'health'),
    '/api/roads': get('The roads of the simulated fleet as GeoJSON', 'roads'),
    '/api/stream': { get: getStream },
  }
}

type Details = { readonly parameters?: readonly Json[]; readonly isOpen?: boolean }

const tokenRequired = problem('The token or the session cookie is missing or wrong.')
const wrongHost = problem('The host name of the request is not allowed.')

function get(summary: string, name: keyof typeof examples, details: Details = {}): Json {
  const { parameters = [], isOpen = false } = details
  return {
    get: {
      summary,
      parameters,
      responses: {
        200: { description: 'OK.', content: inJson(examples[name]) },
        ...(parameters.length > 0 && { 400: problem('A query parameter is invalid or unknown.') }),
        ...(parameters.includes(vin) && {
          404: problem('The vehicle is unknown. For track and trips: the vin is invalid.'),
        }),
        ...(!isOpen && { 401: tokenRequired }),
        421: wrongHost,
        503: problem('The database cannot be reached or took too long.'),
      },
    },
  }
}

const inJson = (example: unknown): Json => ({
  'application/json': { schema: { type: typeof example }, example },
})

const vin: Json = {
  name: 'vin',
  in: 'path',
  required: true,
  schema: { type: 'string' },
  example: '1AVTB2C37R0000042',
}
const trackPath = get('The track of one vehicle; up to 31 days and 100,000 readings', 'track', {
  parameters: [vin, ...toOpenApiParameters(trackQuery)],
})['get'] as { readonly responses: Json }

const getTrack: Json = {
  get: {
    ...trackPath,
    responses: {
      ...trackPath.responses,
      200: {
        description:
          'The track. JSON points are [milliseconds, longitude, latitude, speed, heading]; other formats are file downloads.',
        content: {
          ...inJson(examples.track),
          ...Object.fromEntries(
            Object.values(mediaTypes).map((type) => [type, { schema: { type: 'string' } }]),
          ),
        },
      },
    },
  },
}

const getStream: Json = {
  summary: 'Live changes as server-sent events',
  responses: {
    200: {
      description:
        'First `snapshot` events with all vehicles, then one `live` event. After that, `update` events with the changed vehicles (`gone` lists vins that were removed), and a `health` event every two seconds. A client that stops reading is disconnected. After reconnecting it receives a new snapshot.',
      content: {
        'text/event-stream': {
          schema: { type: 'string' },
          example: `event: update\ndata: ${JSON.stringify({ now: '2026-01-31T12:00:00.500Z', vehicles: [examples.vehicle] })}\n\n`,
        },
      },
    },
    401: tokenRequired,
    421: wrongHost,
    503: problem('The limit of live connections is reached.'),
  },
}

const postSession: Json = {
  summary: 'Exchanges the token for a session cookie',
  security: [],
  requestBody: {
    required: true,
    content: {
      'application/json': { schema: { type: 'object' }, example: { token: 'the token' } },
    },
  },
  responses: {
    204: { description: 'The session cookie is set, or this dashboard needs no token.' },
    401: problem('The token is wrong.'),
    421: wrongHost,
  },
}
