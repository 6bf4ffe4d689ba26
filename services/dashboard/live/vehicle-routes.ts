import { toMicros } from '../../telemetry/time.ts'
import type { Request, Response } from 'express'
import { Router } from 'express'
import { sendProblem, sendText } from '../../adapters/http/problem.ts'
import { clientAddress } from '../../adapters/http/proxy/client-address.ts'
import { allowOnly } from '../../adapters/http/routing.ts'
import type { AgeLimits, DeviceLabel } from '../../telemetry/track/latest-state.ts'
import type { LiveFleet } from './live-fleet.ts'
import { clientStreamLimitReached, streamLimitReached, unknownVehicle } from '../http/problems.ts'
import { Query } from '../http/query.ts'
import type { StreamHub } from './stream-hub.ts'
import { listVehicles, readVehicleQuery } from './vehicle-list.ts'

export type VehicleRoutesOptions = {
  readonly fleet: LiveFleet
  readonly hub: StreamHub
  readonly limits: AgeLimits
  readonly labelOf: (vin: string) => DeviceLabel
}

/** The routes of the live view: the list of vehicles, one vehicle, and the stream. */
export function vehicleRoutes({ fleet, hub, limits, labelOf }: VehicleRoutesOptions): Router {
  const router = Router()
  router
    .route('/vehicles')
    .get((request, response) => {
      const query = readVehicleQuery(new Query(request.url))
      const context = { limits, now: toMicros(Date.now()), labelOf }
      const page = listVehicles(fleet.states(), query, context)
      const states = page.vins.flatMap((vin) => fleet.stateJson(vin) ?? [])
      sendJsonText(
        response,
        `{"vehicles":[${states.join(',')}],"next":${JSON.stringify(page.next)}}`,
      )
    })
    .all(allowOnly('GET'))
  router
    .route('/vehicles/:vin')
    .get((request: Request<{ vin: string }>, response) => {
      const { vin } = request.params
      const json = fleet.stateJson(vin)
      if (json === undefined) sendProblem(response, unknownVehicle(vin))
      else sendJsonText(response, json)
    })
    .all(allowOnly('GET'))
  router
    .route('/stream')
    // Express would handle HEAD as a GET, and the response would never end.
    .head(allowOnly('GET'))
    .get((request, response) => {
      switch (hub.add(response, clientAddress(request))) {
        case 'added':
          return
        case 'full':
          sendProblem(response, streamLimitReached)
          return
        case 'client-full':
          sendProblem(response, clientStreamLimitReached(hub.maxPerClient))
      }
    })
    .all(allowOnly('GET'))
  return router
}

/** Sends text that is already JSON. */
function sendJsonText(response: Response, json: string): void {
  sendText(response, json, { status: 200, headers: { 'content-type': 'application/json' } })
}
