import type { Request, RequestHandler, Response } from 'express'
import { Router } from 'express'
import { sendJson, sendProblem } from '../../adapters/http/problem.ts'
import { allowOnly } from '../../adapters/http/routing.ts'
import type { PostgresTrackStore } from '../../adapters/postgres/readings/track-store.ts'
import type { Logger } from '../../runtime/logger.ts'
import { errorFields } from '../../runtime/logger.ts'
import { vinField } from '../../telemetry/reading/fields.ts'
import { simplifyTrack } from '../../telemetry/track/simplify-track.ts'
import { toIsoMicroseconds } from '../../telemetry/time.ts'
import type { Tracks, VehicleTrack, VehicleTrips } from '../api/history.ts'
import {
  SpanTooLongError,
  readFleetTracks,
  readTrack,
  readTrips,
  readTrackForExport,
  toTrackJson,
} from './history.ts'
import type { TrackQuery } from './track-query.ts'
import { readFleetTracksQuery, readTrackQuery, readTripsQuery } from './track-query.ts'
import type { LiveFleet } from '../live/live-fleet.ts'
import { invalidQuery, historyUnavailable, unknownVehicle } from '../http/problems.ts'
import { Query, QueryError } from '../http/query.ts'
import { toCursor } from '../http/query-parameters.ts'
import { encodeTrack, mediaTypes } from './track-formats.ts'

export type HistoryRoutesOptions = {
  readonly tracks: PostgresTrackStore
  readonly fleet: LiveFleet
  readonly logger: Logger
}

type VinRequest = Request<{ vin: string }>

const now = (): number => Date.now() * 1000
const spanJson = ({ from, to }: TrackQuery['span']) => ({
  from: toIsoMicroseconds(from),
  to: toIsoMicroseconds(to),
})

/** What was: the track of a vehicle, its trips and stops, the tracks of the fleet. */
export function historyRoutes({ tracks, fleet, logger }: HistoryRoutesOptions): Router {
  const router = Router()
  const answering = (answer: (request: VinRequest, response: Response) => Promise<void>) =>
    explainingFailures(answer, logger)
  router
    .route('/vehicles/:vin/track')
    .get(
      answering(async ({ params: { vin }, url }, response) => {
        const wish = readTrackQuery(new Query(url), now())
        if (wish.format !== 'json') {
          const readings = await readTrackForExport(tracks, vin, wish.span)
          const kept = simplifyTrack(readings, wish.tolerance)
          sendFile(response, encodeTrack({ vin, readings: kept }, wish.format), { vin, ...wish })
          return
        }
        const readings = await readTrack(tracks, vin, wish.span)
        const { points, ...counts } = toTrackJson(vin, readings, wish.tolerance)
        const answer: VehicleTrack = { ...counts, ...spanJson(wish.span), points }
        sendJson(response, 200, answer)
      }),
    )
    .all(allowOnly('GET'))
  router
    .route('/vehicles/:vin/trips')
    .get(
      answering(async ({ params: { vin }, url }, response) => {
        const span = readTripsQuery(new Query(url), now())
        const found = await readTrips(tracks, vin, span)
        const answer: VehicleTrips = { vin, ...spanJson(span), ...found }
        sendJson(response, 200, answer)
      }),
    )
    .all(allowOnly('GET'))
  router
    .route('/tracks')
    .get(
      answering(async ({ url }, response) => {
        const wish = readFleetTracksQuery(new Query(url), now())
        const { vins, next } = pageOfVins(fleet, wish)
        const found = await readFleetTracks(tracks, vins, wish)
        const answer: Tracks = { ...spanJson(wish.span), tracks: found, next }
        sendJson(response, 200, answer)
      }),
    )
    .all(allowOnly('GET'))
  return router
}

/** The next vehicles by vin, whether or not they have been on the way in the span. */
function pageOfVins(fleet: LiveFleet, { after, limit }: { after: string; limit: number }) {
  const all = fleet.states().map(({ vin }) => vin)
  const left = all.filter((vin) => vin > after).sort()
  const vins = left.slice(0, limit)
  const last = vins.at(-1)
  return { vins, next: left.length > limit && last !== undefined ? toCursor(last) : null }
}

function sendFile(
  response: Response,
  text: string,
  { vin, span, format }: { vin: string; span: TrackQuery['span']; format: TrackQuery['format'] },
): void {
  if (format === 'json') throw new Error('a track in JSON is no file')
  const time = toIsoMicroseconds(span.from).slice(0, 16).replace(':', '')
  // No name but a vin's letters gets into the header.
  const name = `${vin.replaceAll(/[^A-Za-z0-9-]/g, '_')}-${time}.${format}`
  response.writeHead(200, {
    'content-type': mediaTypes[format],
    'content-disposition': `attachment; filename="${name}"`,
    'content-length': Buffer.byteLength(text),
  })
  response.end(text)
}

type Answer = (request: VinRequest, response: Response) => Promise<void>

/** What the asker can mend is said to him; the rest is the database's fault. */
function explainingFailures(answer: Answer, logger: Logger): RequestHandler<{ vin: string }> {
  return async (request, response) => {
    const { vin = '' } = request.params as { vin?: string }
    if (vin !== '' && !vinField.pattern.test(vin)) {
      sendProblem(response, unknownVehicle(vin))
      return
    }
    try {
      await answer(request, response)
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
