import { Router } from 'express'
import { sendJson, sendProblem } from '../adapters/http/problem.ts'
import { allowOnly } from '../adapters/http/routing.ts'
import { notFound } from './problems.ts'

export type MapFiles = {
  /** What the simulated fleet writes down of the roads that it drives on, if there is one. */
  readonly roadsFile: string | undefined
  readonly pmtilesFile: string | undefined
}

const noRoads = { type: 'FeatureCollection', features: [] }

/** What the map is drawn from: the roads, and tiles from a file, of which browsers ask for parts. */
export function mapRoutes({ roadsFile, pmtilesFile }: MapFiles): Router {
  const router = Router()
  router
    .route('/api/roads')
    .get((_, response) => {
      if (roadsFile === undefined) {
        sendJson(response, 200, noRoads)
        return
      }
      const headers = { 'content-type': 'application/geo+json' }
      response.sendFile(roadsFile, { headers, dotfiles: 'allow', cacheControl: false }, (error) => {
        // No vehicle of the platform's own has started yet.
        if (error && !response.headersSent) sendJson(response, 200, noRoads)
      })
    })
    .all(allowOnly('GET'))
  router
    .route('/map.pmtiles')
    .get((_, response) => {
      if (pmtilesFile === undefined) sendProblem(response, notFound)
      else {
        const headers = { 'content-type': 'application/octet-stream' }
        response.sendFile(pmtilesFile, { headers, dotfiles: 'allow', maxAge: '1h' }, (error) => {
          if (error && !response.headersSent) sendProblem(response, notFound)
        })
      }
    })
    .all(allowOnly('GET'))
  return router
}
