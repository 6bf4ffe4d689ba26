import express from 'express'
import type { Express, RequestHandler } from 'express'
import { sendJson, sendProblem } from '../adapters/http/problem.ts'
import { allowOnly, unexpected } from '../adapters/http/routing.ts'
import type { Log } from '../runtime/log.ts'
import type { DashboardConfig } from './config.ts'
import type { PageFiles } from './page-files.ts'
import { pagePolicy, pageRoutes } from './page-routes.ts'
import { settingsFor } from './settings.ts'

export type AppOptions = {
  readonly config: DashboardConfig
  readonly files: PageFiles
  readonly log: Log
}

/** The page, and the API that it lives on. */
export function dashboardApp({ config, files, log }: AppOptions): Express {
  const app = express()
  app.disable('x-powered-by').disable('etag')
  app.use(guardHeaders)
  app
    .route('/api/settings')
    .get((request, response) => {
      sendJson(response, 200, settingsFor(config, request.hostname))
    })
    .all(allowOnly('GET'))
  app.use(pageRoutes(files, pagePolicy(config.map.tilesUrl)))
  app.use((_, response) => {
    const detail = 'Here are the page at / and what /openapi.json describes.'
    sendProblem(response, { status: 404, title: 'Not found', detail })
  })
  app.use(unexpected(log))
  return app
}

const guardHeaders: RequestHandler = (_, response, next) => {
  response.set({
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cross-origin-resource-policy': 'same-origin',
    'cross-origin-opener-policy': 'same-origin',
    'cache-control': 'no-store',
  })
  next()
}
