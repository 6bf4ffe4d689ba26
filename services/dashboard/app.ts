import express from 'express'
import type { ErrorRequestHandler, Express, RequestHandler } from 'express'
import { sendJson, sendProblem } from '../adapters/http/problem.ts'
import { allowOnly, errorHandler } from '../adapters/http/routing.ts'
import type { FailedTokens } from '../adapters/http/tokens/failed-tokens.ts'
import type { PostgresTrackStore } from '../adapters/postgres/readings/track-store.ts'
import type { PostgresReportStore } from '../adapters/postgres/readings/report-store.ts'
import type { Logger } from '../runtime/logger.ts'
import { accessGuard, createTokenCheck, hostGuard, sessionRoutes } from './http/access.ts'
import type { DashboardConfig } from './config.ts'
import type { DeviceRoutesOptions } from './devices/device-routes.ts'
import { deviceRoutes } from './devices/device-routes.ts'
import type { VehicleDevices } from './devices/vehicle-devices.ts'
import type { Health } from './health/health.ts'
import { healthRoutes } from './health/health-routes.ts'
import { historyRoutes } from './history/history-routes.ts'
import type { LiveFleet } from './live/live-fleet.ts'
import { mapRoutes } from './site/map-routes.ts'
import { limitArrival } from './http/arrival-limit.ts'
import { dashboardDocument } from './http/openapi.ts'
import type { PageFiles } from './page-files.ts'
import type { PipelineRoutesOptions } from './pipelines/pipeline-routes.ts'
import { pipelineRoutes } from './pipelines/pipeline-routes.ts'
import type { FileRoutesOptions } from './files/file-routes.ts'
import { fileRoutes } from './files/file-routes.ts'
import { managerRoutes } from './files/manager-routes.ts'
import type { TaskRoutesOptions } from './tasks/task-routes.ts'
import type { OutputRoutesOptions } from './tasks/output-routes.ts'
import { outputRoutes } from './tasks/output-routes.ts'
import { taskRoutes } from './tasks/task-routes.ts'
import { workerRoutes } from './tasks/worker-routes.ts'
import { reportRoutes } from './reports/report-routes.ts'
import { pagePolicy, pageRoutes } from './site/page-routes.ts'
import { invalidQuery, notFound } from './http/problems.ts'
import { QueryError } from './http/query.ts'
import { settingsFor, withoutToken } from './site/settings.ts'
import type { StreamHub } from './live/stream-hub.ts'
import { vehicleRoutes } from './live/vehicle-routes.ts'

export type AppOptions = {
  readonly config: DashboardConfig
  readonly files: PageFiles
  readonly fleet: LiveFleet
  readonly hub: StreamHub
  readonly tracks: PostgresTrackStore
  readonly reports: PostgresReportStore
  readonly health: Health
  readonly pipelines: PipelineRoutesOptions
  readonly tasks: TaskRoutesOptions
  readonly outputs: OutputRoutesOptions
  readonly bucket: FileRoutesOptions
  readonly devices: DeviceRoutesOptions
  readonly vehicleDevices: Pick<VehicleDevices, 'nameOf' | 'labelOf'>
  readonly failedTokens: Pick<FailedTokens, 'note'>
  readonly logger: Logger
}

/** Serves the page and the API that the page uses. */
export function dashboardApp(options: AppOptions): Express {
  const { config, files, fleet, hub, tracks, health, failedTokens, logger } = options
  const { nameOf, labelOf } = options.vehicleDevices
  const tokenCheck = createTokenCheck(config.token, failedTokens)
  const app = express()
  app.disable('x-powered-by').disable('etag')
  app.use(securityHeaders, hostGuard(config), limitArrival)
  app
    .route('/api/settings')
    .get((request, response) => {
      const settings = settingsFor(config, request.hostname)
      sendJson(response, 200, tokenCheck.showsAll(request) ? settings : withoutToken(settings))
    })
    .all(allowOnly('GET'))
  app.use('/api', sessionRoutes({ ...config, failedTokens }))
  app.use(['/api', '/map.pmtiles', '/worker', '/workers', '/manager'], accessGuard(tokenCheck))
  app.use(mapRoutes(config.map))
  app.use('/api', vehicleRoutes({ fleet, hub, limits: config, labelOf }))
  app.use('/api', healthRoutes(health))
  app.use('/api', pipelineRoutes(options.pipelines), taskRoutes(options.tasks))
  app.use('/api', outputRoutes(options.outputs), fileRoutes(options.bucket))
  app.use('/api', deviceRoutes(options.devices))
  app.use('/manager', managerRoutes(options.bucket))
  app.use(workerRoutes(options.tasks.reader))
  app.use('/api', historyRoutes({ tracks, fleet, nameOf, rules: config.trips, logger }))
  app.use('/api', reportRoutes({ reports: options.reports, nameOf, logger }))
  const document = dashboardDocument({ needsToken: config.token !== undefined })
  app
    .route('/openapi.json')
    .get((_, response) => {
      sendJson(response, 200, document)
    })
    .all(allowOnly('GET'))
  app.use(pageRoutes(files, pagePolicy(config.map.tilesUrl)))
  app.use((_, response) => {
    sendProblem(response, notFound)
  })
  app.use(sendQueryErrors, errorHandler(logger))
  return app
}

const securityHeaders: RequestHandler = (_, response, next) => {
  response.set({
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cross-origin-resource-policy': 'same-origin',
    'cross-origin-opener-policy': 'same-origin',
    'cache-control': 'no-store',
  })
  next()
}

// eslint-disable-next-line max-params -- Express knows an error handler by its four parameters.
const sendQueryErrors: ErrorRequestHandler = (error: unknown, _request, response, next) => {
  if (error instanceof QueryError) sendProblem(response, invalidQuery(error.message))
  else next(error)
}
