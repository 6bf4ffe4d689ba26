import { stat } from 'node:fs/promises'
import { Router } from 'express'
import { sendJson, sendProblem } from '../../adapters/http/problem.ts'
import { allowOnly } from '../../adapters/http/routing.ts'
import { tilesNotFound } from '../http/problems.ts'

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
    .get(async (_, response) => {
      const etag = await etagOf(pmtilesFile)
      if (pmtilesFile === undefined || etag === undefined) {
        sendProblem(response, tilesNotFound)
        return
      }
      // Asked each time: pages that are open notice by it that the file is another one.
      const headers = { ...tilesHeaders, etag }
      response.sendFile(pmtilesFile, { headers, dotfiles: 'allow' }, (error) => {
        if (error && !response.headersSent) sendProblem(response, tilesNotFound)
      })
    })
    .all(allowOnly('GET'))
  return router
}

const tilesHeaders = {
  'content-type': 'application/octet-stream',
  'cache-control': 'private, no-cache',
}

/** Another text for every version of a file; undefined where it cannot be read. */
async function etagOf(file: string | undefined): Promise<string | undefined> {
  if (file === undefined) return undefined
  const found = await stat(file).catch(() => undefined)
  return found?.isFile() === true
    ? `"${found.mtimeMs.toString(36)}-${found.size.toString(36)}"`
    : undefined
}
