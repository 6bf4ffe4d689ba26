import { TaskOperator } from '../../../services/dashboard/tasks/task-operator.ts'
import { WorkReader } from '../../../services/dashboard/tasks/work-reader.ts'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { request } from 'node:http'
import { expect } from 'chai'
import { listen } from '../../../services/adapters/http/server.ts'
import { createPool } from '../../../services/adapters/postgres/driver/connection.ts'
import { PostgresPipelineStore } from '../../../services/adapters/postgres/pipelines/pipeline-store.ts'
import { PostgresReportStore } from '../../../services/adapters/postgres/readings/report-store.ts'
import { PostgresTrackStore } from '../../../services/adapters/postgres/readings/track-store.ts'
import { dashboardApp } from '../../../services/dashboard/app.ts'
import type { DashboardConfig } from '../../../services/dashboard/config.ts'
import { FileWork } from '../../../services/dashboard/files/file-work.ts'
import { Health } from '../../../services/dashboard/health/health.ts'
import {
  readFleetTracksQuery,
  readTrackQuery,
  readTripsQuery,
} from '../../../services/dashboard/history/track-query.ts'
import { VehicleDevices } from '../../../services/dashboard/devices/vehicle-devices.ts'
import { LiveFleet } from '../../../services/dashboard/live/live-fleet.ts'
import { Query, QueryError } from '../../../services/dashboard/http/query.ts'
import { PipelineMonitor } from '../../../services/dashboard/pipelines/pipeline-monitor.ts'
import { StreamHub } from '../../../services/dashboard/live/stream-hub.ts'
import { readVehicleQuery } from '../../../services/dashboard/live/vehicle-list.ts'
import { createLogger } from '../../../services/runtime/logger.ts'

/** By query string: the parsed values, or code and message of the error. */
type Recorded = Readonly<Record<string, unknown>>

const recorded = JSON.parse(
  readFileSync(new URL('query-answers.json', import.meta.url), 'utf8'),
) as Readonly<Record<'answers' | 'vehicles' | 'track' | 'trips' | 'tracks', Recorded>>

/** 2026-01-31T12:00:00Z in microseconds since the Unix epoch. */
const now = 1_769_860_800_000_000

const readers = {
  vehicles: (query: Query) => readVehicleQuery(query),
  track: (query: Query) => readTrackQuery(query, now),
  trips: (query: Query) => readTripsQuery(query, now),
  tracks: (query: Query) => readFleetTracksQuery(query, now),
}

/** The parsed values as JSON, or the error as text. */
function resultOf(read: (query: Query) => object, query: string): unknown {
  try {
    return JSON.parse(JSON.stringify(read(new Query(`/${query}`))))
  } catch (error) {
    if (!(error instanceof QueryError)) throw error
    return `${error.code}: ${error.message}`
  }
}

describe('query parsers of the dashboard', () => {
  for (const [name, read] of Object.entries(readers)) {
    it(`parse or reject each recorded query of ${name}`, () => {
      const queries = Object.entries(recorded[name as keyof typeof readers])
      expect(queries.length).to.be.greaterThan(30)
      for (const [query, result] of queries) {
        expect(resultOf(read, query), query).to.deep.equal(result)
      }
    })
  }
})

describe('dashboardApp', () => {
  const logger = createLogger('test', 'silent')
  const settings = { user: 'none', password: '', database: 'none', table: 'diag' }
  // Nothing listens on port 1: a query that is accepted gives 503.
  const pool = createPool(
    { host: '127.0.0.1', port: 1, ...settings },
    { applicationName: 'test', maxConnections: 10, logger },
  )
  const fleet = new LiveFleet(10)
  const view = { topicLog: undefined, ledgers: undefined, delays: undefined, services: undefined }
  const health = new Health(() => ({
    ...view,
    deadLetters: undefined,
    lastCheck: undefined,
    work: undefined,
  }))
  const config = {
    ...{ token: undefined, isPublic: false, staleAfterSeconds: 15, silentAfterSeconds: 300 },
    ingress: { port: 5001, path: '/events', eventsUrl: undefined, hostNames: [] },
    origin: { latitude: 0, longitude: 0 },
    map: {},
  } as unknown as DashboardConfig

  after(() => pool.end())

  it('returns the recorded status, title and detail for each recorded request', async function () {
    this.timeout(60_000)
    const tracks = new PostgresTrackStore(pool, 'diag')
    await using hub = new StreamHub({
      fleet,
      logger,
      healthJson: () => undefined,
      stallTimeoutMs: 1_000,
      maxPerClient: 32,
      onLimitReached: () => undefined,
    })
    const readRanges = () => Promise.resolve(new Map())
    const failedTokens = { note: () => undefined }
    const app = dashboardApp({
      config,
      files: new Map(),
      fleet,
      hub,
      tracks,
      reports: new PostgresReportStore(pool),
      health,
      pipelines: {
        monitor: new PipelineMonitor({ pool, readRanges, logger }),
        reader: new PostgresPipelineStore(pool),
        operator: new PostgresPipelineStore(pool),
        workers: () => ({ configured: 0, up: 0 }),
        mayChange: true,
        logger,
      },
      devices: {
        registry: {
          reader: { registry: undefined },
          writer: { write: () => Promise.resolve({ kind: 'not-ready' }) },
        },
        waiting: () => Promise.resolve([]),
        mayChange: true,
        logger,
      },
      vehicleDevices: new VehicleDevices(),
      outputs: { pool, store: undefined, logger },
      tasks: {
        reader: new WorkReader({ pool, logger }),
        operator: new TaskOperator({ pool, operatorPool: pool }),
        mayChange: true,
        logger,
      },
      bucket: {
        work: new FileWork({ pool, operatorPool: pool, store: undefined, logger }),
        ...{ maxUploadBytes: 1_000, mayChange: true, logger },
      },
      failedTokens,
      logger,
    })
    await using server = await listen(app, { host: '127.0.0.1', port: 0 })
    const responses = Object.keys(recorded.answers).map(async (requestLine) => {
      return [requestLine, await send(server.port, requestLine)] as const
    })
    const answers = Object.fromEntries(await Promise.all(responses))
    // The server closes only after all streams have ended.
    await hub[Symbol.asyncDispose]()
    expect(answers).to.deep.equal(recorded.answers)
  })
})

/**
 * Returns the status; for a problem also its title and detail.
 *
 * @param requestLine method and path exactly as they are sent, e.g. `GET /api/tracks?limit=0`
 */
async function send(port: number, requestLine: string): Promise<string> {
  const [method = '', ...path] = requestLine.split(' ')
  const outgoing = request({ host: '127.0.0.1', port, method, path: path.join(' '), agent: false })
  const [response] = (await once(outgoing.end(), 'response')) as [IncomingMessage]
  const status = String(response.statusCode)
  if (response.headers['content-type'] !== 'application/problem+json' || method === 'HEAD') {
    response.destroy()
    return status
  }
  let body = ''
  for await (const chunk of response.setEncoding('utf8')) body += String(chunk)
  const { title, detail, ...rest } = JSON.parse(body) as Readonly<Record<string, unknown>>
  expect(rest, requestLine).to.deep.equal({ type: 'about:blank', status: response.statusCode })
  return `${status} ${String(title)}: ${String(detail)}`
}
