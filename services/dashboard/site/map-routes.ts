import { stat } from 'node:fs/promises'
import { Router } from 'express'
import { sendJson, sendProblem } from '../../adapters/http/problem.ts'
import { allowOnly } from '../../adapters/http/routing.ts'
import { tilesNotFound } from '../http/problems.ts'

export type MapFiles = {
  /**
   * The file to which the simulated fleet writes its roads; undefined without a simulated fleet.
   */
  readonly roadsFile: string | undefined
  readonly pmtilesFile: string | undefined
}

const noRoads = { type: 'FeatureCollection', features: [] }

/** Serves the roads, and a file of map tiles of which browsers request byte ranges. */
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
        // The simulated fleet has not started yet.
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
      // Browsers revalidate it with each request, so that open pages notice a new file.
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

/** An etag for the file's current version; undefined if the file cannot be read. */
async function etagOf(file: string | undefined): Promise<string | undefined> {
  if (file === undefined) return undefined
  const stats = await stat(file).catch(() => undefined)
  return stats?.isFile() === true
    ? `"${stats.mtimeMs.toString(36)}-${stats.size.toString(36)}"`
    : undefined
}
