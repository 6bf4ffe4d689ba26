import { Router } from 'express'
import { sendLargeFile } from '../../adapters/http/files/byte-range.ts'
import { sendProblem } from '../../adapters/http/problem.ts'
import { allowOnly } from '../../adapters/http/routing.ts'
import { sendStaticFile, toStaticFile } from '../../adapters/http/files/static-file.ts'
import { tilesNotFound } from '../http/problems.ts'
import { RoadsFile, roadsType } from './roads-file.ts'

export type MapFiles = {
  /**
   * The file to which the simulated fleet writes its roads; undefined without a simulated fleet.
   */
  readonly roadsFile: string | undefined
  readonly pmtilesFile: string | undefined
}

const noRoads = toStaticFile(
  Buffer.from(JSON.stringify({ type: 'FeatureCollection', features: [] })),
  roadsType,
)

/** Serves the roads, and a file of map tiles of which browsers request byte ranges. */
export function mapRoutes({ roadsFile, pmtilesFile }: MapFiles): Router {
  const router = Router()
  const roads = roadsFile === undefined ? undefined : new RoadsFile(roadsFile)
  router
    .route('/api/roads')
    .get(async (request, response) => {
      // Undefined if the simulated fleet has not started yet.
      sendStaticFile(request, response, (await roads?.read()) ?? noRoads)
    })
    .all(allowOnly('GET'))
  router
    .route('/map.pmtiles')
    .get(async (request, response) => {
      if (pmtilesFile !== undefined) {
        // Browsers revalidate it with each request, so that open pages notice a new file.
        response.set(tilesHeaders)
        if (await sendLargeFile(request, response, pmtilesFile)) return
      }
      sendProblem(response, tilesNotFound)
    })
    .all(allowOnly('GET'))
  return router
}

const tilesHeaders = {
  'content-type': 'application/octet-stream',
  'cache-control': 'private, no-cache',
}
