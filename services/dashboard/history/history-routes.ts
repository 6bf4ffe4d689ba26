import { toMicros, toIsoMicroseconds } from '../../telemetry/time.ts'
import type { Micros } from '../../telemetry/time.ts'
import type { Request, RequestHandler, Response } from 'express'
import { Router } from 'express'
import { reserveWork } from '../../adapters/http/limits/response-budget.ts'
import { responseMemoryFull, sendJson, sendProblem, sendText } from '../../adapters/http/problem.ts'
import { allowOnly } from '../../adapters/http/routing.ts'
import type { PostgresTrackStore } from '../../adapters/postgres/readings/track-store.ts'
import type { Logger } from '../../runtime/logger.ts'
import { errorFields } from '../../runtime/logger.ts'
import { vinField } from '../../telemetry/reading/fields.ts'
import type { TripRules } from '../../telemetry/trips/trip-rules.ts'
import type { Tracks, VehicleTrack, VehicleTrips } from '../api/history.ts'
import {
  SpanTooLongError,
  readFleetTracks,
  readTrack,
  readTrips,
  readTrackForExport,
  toFileTrack,
  toTrackJson,
} from './history.ts'
import type { TrackQuery } from './track-query.ts'
import { readFleetTracksQuery, readTrackQuery, readTripsQuery } from './track-query.ts'
import type { LiveFleet } from '../live/live-fleet.ts'
import { invalidQuery, historyUnavailable, unknownVehicle } from '../http/problems.ts'
import { Query, QueryError } from '../http/query.ts'
import { toCursor } from '../http/query-parameters.ts'
import { encodeTrack, mediaTypes } from './formats/track-formats.ts'

export type HistoryRoutesOptions = {
  readonly tracks: PostgresTrackStore
  readonly fleet: LiveFleet
  /** The name of a vehicle's device; null if it has none. */
  readonly nameOf: (vin: string) => string | null
  /** What is a trip and what is a stop. */
  readonly rules: TripRules
  readonly logger: Logger
}

/**
 * Counts for each request that waits for the database, until the size of its response is known. So
 * their number is limited too.
 */
const pendingRequestBytes = 1024 * 1024

type VinRequest = Request<{ vin: string }>

/** Microseconds since the Unix epoch. */
const now = (): Micros => toMicros(Date.now())
const spanJson = ({ from, to }: TrackQuery['span']) => ({
  from: toIsoMicroseconds(from),
  to: toIsoMicroseconds(to),
})

/**
 * The routes of the history: a vehicle's track, its trips and stops, and the tracks of the fleet.
 */
export function historyRoutes(options: HistoryRoutesOptions): Router {
  const { tracks, fleet, nameOf, rules, logger } = options
  const router = Router()
  const handle = (handler: HistoryHandler) => withHistoryErrors(handler, logger)
  router
    .route('/vehicles/:vin/track')
    .get(
      handle(async ({ params: { vin }, url }, response) => {
        const query = readTrackQuery(new Query(url), now())
        if (query.format !== 'json') {
          const readings = await readTrackForExport(tracks, vin, query.span)
          const track = toFileTrack(vin, readings, { tolerance: query.tolerance, rules })
          sendFile(response, encodeTrack({ ...track, name: nameOf(vin) }, query.format), {
            vin,
            ...query,
          })
          return
        }
        const track = await readTrack(tracks, vin, query.span)
        const { points, ...counts } = toTrackJson(vin, track, query.tolerance)
        const body: VehicleTrack = { ...counts, ...spanJson(query.span), points }
        sendJson(response, 200, body)
      }),
    )
    .all(allowOnly('GET'))
  router
    .route('/vehicles/:vin/trips')
    .get(
      handle(async ({ params: { vin }, url }, response) => {
        const span = readTripsQuery(new Query(url), now())
        const tripsAndStops = await readTrips(tracks, vin, { span, rules })
        const body: VehicleTrips = { vin, ...spanJson(span), ...tripsAndStops }
        sendJson(response, 200, body)
      }),
    )
    .all(allowOnly('GET'))
  router
    .route('/tracks')
    .get(
      handle(async ({ url }, response) => {
        const query = readFleetTracksQuery(new Query(url), now())
        const { vins, next } = pageOfVins(fleet, query)
        const fleetTracks = await readFleetTracks(tracks, vins, query)
        const body: Tracks = { ...spanJson(query.span), tracks: fleetTracks, next }
        sendJson(response, 200, body)
      }),
    )
    .all(allowOnly('GET'))
  return router
}

/** The next vehicles by vin, including those without a reading in the span. */
function pageOfVins(fleet: LiveFleet, { after, limit }: { after: string; limit: number }) {
  const vins = fleet.states().map(({ vin }) => vin)
  const remaining = vins.filter((vin) => vin > after).sort()
  const page = remaining.slice(0, limit)
  const last = page.at(-1)
  return {
    vins: page,
    next: remaining.length > limit && last !== undefined ? toCursor(last) : null,
  }
}

function sendFile(
  response: Response,
  text: string,
  { vin, span, format }: { vin: string; span: TrackQuery['span']; format: TrackQuery['format'] },
): void {
  if (format === 'json') throw new Error('The format json is not a file format.')
  const time = toIsoMicroseconds(span.from).slice(0, 16).replace(':', '')
  // Only letters, digits and hyphens may get into the header.
  const name = `${vin.replaceAll(/[^A-Za-z0-9-]/g, '_')}-${time}.${format}`
  const headers = {
    'content-type': mediaTypes[format],
    'content-disposition': `attachment; filename="${name}"`,
  }
  sendText(response, text, { status: 200, headers })
}

type HistoryHandler = (request: VinRequest, response: Response) => Promise<void>

/**
 * Sends 404 for an invalid vin, 400 for an invalid query, and 503 if the database fails or the memory
 * for responses is full.
 */
function withHistoryErrors(
  handler: HistoryHandler,
  logger: Logger,
): RequestHandler<{ vin: string }> {
  return async (request, response) => {
    const { vin = '' } = request.params as { vin?: string }
    if (vin !== '' && !vinField.pattern.test(vin)) {
      sendProblem(response, unknownVehicle(vin))
      return
    }
    if (!reserveWork(response, pendingRequestBytes)) {
      sendProblem(response, responseMemoryFull)
      return
    }
    try {
      await handler(request, response)
    } catch (error) {
      if (error instanceof QueryError) throw error
      if (error instanceof SpanTooLongError) {
        sendProblem(response, invalidQuery(error.message))
        return
      }
      logger.warn(errorFields(error), 'history-not-read')
      sendProblem(response, historyUnavailable)
    }
  }
}
