import type { Json } from '../../adapters/http/openapi.ts'
import {
  everyPath,
  getDocument,
  header,
  problemResponse as problem,
  refusalsOfForeignPages,
  retryLater,
  tokenRefused,
} from '../../adapters/http/openapi.ts'
import { mediaTypes } from '../history/formats/track-formats.ts'
import { fleetTracksQuery, trackQuery, tripsQuery } from '../history/track-query.ts'
import { outputOfTask } from '../tasks/openapi-output.ts'
import { devicePaths } from '../devices/openapi-devices.ts'
import { bucketPaths } from '../files/openapi-files-of-bucket.ts'
import { tasksQuery } from '../tasks/task-routes.ts'
import { reportQuery } from '../reports/report-query.ts'
import { vehicleQuery } from '../live/vehicle-list.ts'
import { examples } from './openapi-examples.ts'
import { filePaths } from './openapi-files.ts'
import { get, inJson, tokenRequired, vin } from './openapi-operations.ts'
import {
  pipelineChanges,
  pipelineName,
  readsPipelines,
  unknownPipeline,
} from './openapi-pipelines.ts'
import { schemas } from './openapi-schemas.ts'
import {
  readsTasks,
  taskChanges,
  taskId,
  unknownTask,
  unknownWorker,
  workerId,
} from './openapi-tasks.ts'
import { toOpenApiParameters } from './query-parameters.ts'

export type DocumentOptions = {
  /** Whether the API needs a token; undefined in a document for all platforms. */
  readonly needsToken?: boolean
}

/** The OpenAPI 3.1 document of the dashboard. Each response is described by an example. */
export function dashboardDocument({ needsToken }: DocumentOptions = {}): Json {
  return {
    openapi: '3.1.0',
    info: {
      title: 'av-telemetry dashboard',
      version: '1',
      description: `Current and past positions of the fleet, the health of the platform, the declared pipelines, their tasks and the workers. Speeds are in metres per second, distances in metres, times are ISO 8601 in UTC. A query parameter without a value is like a missing one. ${everyPath}`,
    },
    security: [
      ...(needsToken === true ? [] : [{}]),
      ...(needsToken === false ? [] : [{ token: [] }, { session: [] }]),
    ],
    paths: paths(),
    components: {
      schemas,
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
      { parameters: [vin, ...toOpenApiParameters(tripsQuery)], responses: readsHistory },
    ),
    '/api/tracks': get('The tracks of the fleet for playback, in pages; up to 25 hours', 'tracks', {
      parameters: toOpenApiParameters(fleetTracksQuery),
      responses: readsHistory,
    }),
    '/api/reports': getReport,
    '/api/ledger': get('The account: what happened to every acknowledged reading', 'ledger'),
    '/api/health': get('The health of the platform, now and in the last hour', 'health'),
    ...workPaths(),
    ...bucketPaths(),
    ...devicePaths,
    '/api/tasks/{id}/output.csv': outputOfTask,
    '/api/stream': { get: getStream },
    ...filePaths,
    '/openapi.json': getDocument,
  }
}

/** Pipelines, tasks and workers. */
function workPaths(): Json {
  const changes = pipelineChanges(inJson('pipeline'))
  const ofTasks = taskChanges(inJson('task'))
  return {
    '/api/pipelines': get(
      'The declared pipelines: state, rate, lag, and what became of their records. `rate` is null until the pipelines were read twice within ten seconds',
      'pipelines',
      { responses: readsPipelines },
    ),
    '/api/pipelines/{name}': get('One pipeline, with its declaration', 'pipeline', {
      parameters: [pipelineName],
      responses: { 404: unknownPipeline, ...readsPipelines },
    }),
    '/api/pipelines/{name}/pause': changes.pause,
    '/api/pipelines/{name}/resume': changes.resume,
    '/api/tasks': {
      ...get(
        'The tasks of pipelines, the newest first, in pages, and how many there are',
        'tasks',
        {
          parameters: toOpenApiParameters(tasksQuery),
          responses: readsTasks,
        },
      ),
      post: ofTasks.make,
    },
    '/api/tasks/{id}': get('One task, with its parameters and log lines', 'task', {
      parameters: [taskId],
      responses: { 404: unknownTask, ...readsTasks },
    }),
    '/api/tasks/{id}/cancel': ofTasks.cancel,
    '/api/tasks/{id}/retry': ofTasks.retry,
    '/workers': get('The workers: those that run, and those that ended within a day', 'workers', {
      responses: readsTasks,
    }),
    '/worker/{id}': get(
      'One worker. `lag`: tasks of all pipelines that wait for a worker',
      'worker',
      {
        parameters: [workerId],
        responses: { 404: unknownWorker, ...readsTasks },
      },
    ),
  }
}

const readsHistory: Json = {
  503: retryLater(
    'The database cannot be reached or took too long, or the memory for responses is full.',
  ),
}

const inFiles: Json = {
  [mediaTypes.geojson]: { schema: { $ref: '#/components/schemas/Feature' } },
  [mediaTypes.gpx]: { schema: { type: 'string' } },
  [mediaTypes.csv]: { schema: { type: 'string' } },
}

const getTrack = get('The track of one vehicle; up to 31 days and 100,000 readings', 'track', {
  parameters: [vin, ...toOpenApiParameters(trackQuery)],
  responses: {
    200: {
      description:
        'The track. JSON points are [milliseconds, longitude, latitude, speed, heading]; other formats are file downloads.',
      headers: {
        'Content-Disposition': header('The name of the file, with the formats of files.', {
          required: false,
        }),
      },
      content: { ...inJson('track'), ...inFiles },
    },
    ...readsHistory,
  },
})

const getReport = get(
  'Distance, driving and idle time, stops, readings and gaps for each vehicle and day, in pages; up to 31 days. A day is made of the hours in UTC that begin in it and have been computed',
  'report',
  {
    parameters: toOpenApiParameters(reportQuery),
    responses: {
      200: {
        description:
          'The report. In csv, a day of which no hour has been computed has one line without a vin.',
        headers: {
          'Content-Disposition': header('The name of the file, with the format csv.', {
            required: false,
          }),
        },
        content: { ...inJson('report'), [mediaTypes.csv]: { schema: { type: 'string' } } },
      },
      ...readsHistory,
    },
  },
)

const event: Json = {
  type: 'object',
  description: 'One event of the stream.',
  required: ['event', 'data'],
  properties: {
    event: { enum: ['snapshot', 'live', 'update', 'health'] },
    data: { type: 'string', contentMediaType: 'application/json' },
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
          schema: event,
          example: `event: update\ndata: ${JSON.stringify({ now: '2026-01-31T12:00:00.500Z', vehicles: [examples.vehicle] })}\n\n`,
        },
      },
    },
    401: tokenRequired,
    ...refusalsOfForeignPages('get'),
    429: retryLater(
      'The client address has as many live connections as it may (dashboard.maxStreamsPerClient).',
    ),
    503: retryLater('The limit of live connections is reached.'),
  },
}

const postSession: Json = {
  summary: 'Exchanges the token for a session cookie',
  security: [],
  requestBody: {
    required: true,
    content: {
      'application/json': {
        schema: { type: 'object', required: ['token'], properties: { token: { type: 'string' } } },
        example: { token: 'the token' },
      },
    },
  },
  responses: {
    204: {
      description: 'The session cookie is set, or this dashboard needs no token.',
      headers: {
        'Set-Cookie': header('The session cookie, if a token is needed.', { required: false }),
      },
    },
    400: problem('The body is not a JSON object.'),
    401: tokenRefused('The token is wrong or missing.'),
    ...refusalsOfForeignPages('post'),
    413: problem('The body is over 4 KiB.'),
    415: problem('The body has an unknown charset or compression.'),
  },
}
