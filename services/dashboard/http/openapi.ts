import { problemResponse as problem, problemSchema } from '../../adapters/http/openapi.ts'
import { fleetTracksQuery, trackQuery, tripsQuery } from '../history/track-query.ts'
import { examples } from './openapi-examples.ts'
import { toOpenApiParameters } from './query-parameters.ts'
import { mediaTypes } from '../history/track-formats.ts'
import { vehicleQuery } from '../live/vehicle-list.ts'

type Json = Readonly<Record<string, unknown>>

/** The OpenAPI 3.1 document of the dashboard; each answer is told by an example. */
export function dashboardDocument(): Json {
  return {
    openapi: '3.1.0',
    info: {
      title: 'av-telemetry dashboard',
      version: '1',
      description:
        'Where the fleet is and was, and how the platform is. Speeds are metres a second, distances metres, times ISO 8601 in UTC. Errors are application/problem+json.',
    },
    security: [{}, { token: [] }, { session: [] }],
    paths: {
      '/api/settings': get('What the page must know', 'settings', { isOpen: true }),
      '/api/session': { post: postSession },
      '/api/vehicles': get('The latest state of the vehicles, by vin', 'vehicles', {
        parameters: toOpenApiParameters(vehicleQuery),
      }),
      '/api/vehicles/{vin}': get('The latest state of a vehicle', 'vehicle', { parameters: [vin] }),
      '/api/vehicles/{vin}/track': getTrack,
      '/api/vehicles/{vin}/trips': get('Trips and stops, worked out from the rows', 'trips', {
        parameters: [vin, ...toOpenApiParameters(tripsQuery)],
      }),
      '/api/tracks': get('The tracks of the fleet, for playback; up to 25 hours', 'tracks', {
        parameters: toOpenApiParameters(fleetTracksQuery),
      }),
      '/api/ledger': get('The account: what became of every acknowledged reading', 'ledger'),
      '/api/health': get('How the platform is, and was in the last hour', 'health'),
      '/api/roads': get('The roads of the simulated fleet, as GeoJSON', 'roads'),
      '/api/stream': { get: getStream },
    },
    components: {
      schemas: { Problem: problemSchema() },
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer' },
        session: { type: 'apiKey', in: 'cookie', name: 'av-telemetry-dashboard' },
      },
    },
  }
}

type Details = { readonly parameters?: readonly Json[]; readonly isOpen?: boolean }

const notByThisName = problem('A dashboard for its own machine alone was called by another name.')

function get(summary: string, name: keyof typeof examples, details: Details = {}): Json {
  const { parameters = [], isOpen = false } = details
  return {
    get: {
      summary,
      ...(isOpen && { security: [] }),
      parameters,
      responses: {
        200: { description: 'Well.', content: inJson(examples[name]) },
        ...(parameters.length > 0 && { 400: problem('A parameter is not what it should be.') }),
        ...(parameters.includes(vin) && {
          404: problem('No vehicle has reported under this vin; of the past: this is no vin.'),
        }),
        ...(!isOpen && { 401: problem('The dashboard wants a token.') }),
        421: notByThisName,
        503: problem('The database cannot be reached.'),
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
const trackPath = get('The track of a vehicle; up to 31 days and 100,000 readings', 'track', {
  parameters: [vin, ...toOpenApiParameters(trackQuery)],
})['get'] as { readonly responses: Json }

const getTrack: Json = {
  get: {
    ...trackPath,
    responses: {
      ...trackPath.responses,
      200: {
        description: 'Points as [milliseconds, longitude, latitude, speed, heading], or a file.',
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
  summary: 'What changes, as server-sent events',
  responses: {
    200: {
      description:
        'snapshot events with all vehicles, then live, then update events with the vehicles that have changed (and gone: those no longer known), health every two seconds. A reader that does not read is dropped; whoever connects again gets a new snapshot.',
      content: {
        'text/event-stream': {
          schema: { type: 'string' },
          example: `event: update\ndata: ${JSON.stringify({ now: '2026-01-31T12:00:00.500Z', vehicles: [examples.vehicle] })}\n\n`,
        },
      },
    },
    401: problem('The dashboard wants a token.'),
    421: notByThisName,
    503: problem('As many readers as may are there.'),
  },
}

const postSession: Json = {
  summary: 'Takes the token once, and gives a cookie for it',
  security: [],
  requestBody: {
    required: true,
    content: {
      'application/json': { schema: { type: 'object' }, example: { token: 'the token' } },
    },
  },
  responses: {
    204: { description: 'The cookie is set, or none is needed.' },
    401: problem('This is not the token.'),
    421: notByThisName,
  },
}
