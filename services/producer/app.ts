import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import express from 'express'
import type { Express, RequestHandler } from 'express'
import { sendJson, sendProblem } from '../adapters/http/problem.ts'
import { allowOnly, sendInternalError, errorHandler } from '../adapters/http/routing.ts'
import type { TokenCheck } from '../adapters/http/tokens/token-check.ts'
import type { PostgresReceiptStore } from '../adapters/postgres/ledger/receipt-store.ts'
import type { Logger } from '../runtime/logger.ts'
import { errorFields } from '../runtime/logger.ts'
import { parseReceipt } from '../ledger/receipt.ts'
import type { DeviceOptions } from './devices/handle-device.ts'
import { handleDevice } from './devices/handle-device.ts'
import { parseDevicePath } from './devices/device-path.ts'
import type { DashboardAddress } from './pages/dashboard-link.ts'
import { dashboardLink } from './pages/dashboard-link.ts'
import { docsRouter } from './pages/docs-page.ts'
import { eventsPage, eventsPagePolicy } from './pages/events-page.ts'
import { openApiDocument } from './openapi.ts'
import type { PlainListener } from '../adapters/http/plain/plain-requests.ts'
import { postEvents } from './events/post-events.ts'
import type { PostPlainOptions } from './events/post-plain.ts'
import { postPlain } from './events/post-plain.ts'
import { hasReading } from './events/reading-in-query.ts'
import * as problems from './problems.ts'
import { statusOfReceipt, withoutContent } from './events/receipt-status.ts'
import type { TopicWatch } from './topic-watch.ts'

export type AppOptions = Omit<PostPlainOptions, 'currentLogId'> &
  DeviceOptions & {
    readonly tokenCheck: TokenCheck
    readonly eventsPath: string
    /** Undefined if the platform has no dashboard. */
    readonly dashboard: DashboardAddress | undefined
    readonly watch: Pick<TopicWatch, 'knownView' | 'refresh'>
    readonly receipts: Pick<PostgresReceiptStore, 'lookUp'>
    readonly logger: Logger
  }

/**
 * The HTTP API behind the ingress: events, receipts and the API documentation. `POST` of readings
 * and requests of devices bypass Express, because Express costs more time than handling the readings does.
 */
export function producerApp(options: AppOptions): RequestListener {
  const handlePost = createPostHandler(options)
  const app = expressApp(options, handlePost)
  return (request, response) => {
    const onError = (error: unknown): void => {
      if (response.headersSent) response.destroy(error as Error)
      else sendInternalError(response, error, options.logger)
    }
    if (request.method === 'POST' && request.url === options.eventsPath) {
      handlePost(request, response).catch(onError)
      return
    }
    const target = parseDevicePath(request.url ?? '')
    if (target === undefined) app(request, response)
    else handleDevice({ request, response, options, target }).catch(onError)
  }
}

function expressApp(options: AppOptions, handlePost: PostHandler): Express {
  const { eventsPath, tokenCheck } = options
  const app = express()
  app.disable('x-powered-by').disable('etag')
  app.route(eventsPath).get(getEvents(options)).post(handlePost).all(allowOnly('GET, POST'))
  app.route('/receipts/:id').get(getReceipt(options)).all(allowOnly('GET'))
  app
    .route('/openapi.json')
    .get((_, response) => {
      sendJson(
        response,
        200,
        openApiDocument(eventsPath, tokenCheck.isRequired ? { needsToken: true } : {}),
      )
    })
    .all(allowOnly('GET'))
  app.use('/docs', docsRouter())
  app.use((_, response) => {
    sendProblem(response, problems.notFound(eventsPath))
  })
  app.use(errorHandler(options.logger))
  return app
}

function getEvents({ watch, dashboard }: AppOptions): RequestHandler {
  return (request, response) => {
    if (hasReading(request)) {
      sendProblem(response, problems.readingNotInBody)
      return
    }
    const { eventsServed, asOf } = watch.knownView
    response.set({ vary: 'accept', 'cache-control': 'no-store' })
    switch (request.accepts(['text/plain', 'text/html', 'application/json'])) {
      case 'text/html':
        response.set('content-security-policy', eventsPagePolicy).type('html')
        response.send(eventsPage(eventsServed, dashboardLink(dashboard, request.headers.host)))
        return
      case 'application/json':
        sendJson(response, 200, { eventsServed, asOf: new Date(asOf).toISOString() })
        return
      default:
        // Clients of the previous system compare this text byte for byte.
        response.type('text/plain')
        response.send(`Welcome to KafkaProducer/HTTPServer!\n\nEvents served: ${eventsServed}.`)
    }
  }
}

/** Handles `POST` of readings. */
type PostHandler = (request: IncomingMessage, response: ServerResponse) => Promise<void>

function createPostHandler(options: AppOptions): PostHandler {
  const postOptions = postOptionsOf(options)
  return (request, response) => postEvents(request, response, postOptions)
}

/** Answers plain `POST` requests of readings like `producerApp`, without `node:http`. */
export function plainEvents(options: AppOptions): PlainListener {
  return { path: options.eventsPath, handle: postPlain(postOptionsOf(options)) }
}

function postOptionsOf(options: AppOptions): PostPlainOptions {
  return { ...options, currentLogId: () => options.watch.knownView.logId }
}

function getReceipt(options: AppOptions): RequestHandler<{ id: string }> {
  const { receipts, watch, tokenCheck, logger } = options
  return async (request, response) => {
    const { id } = request.params
    const position = parseReceipt(id)
    if (position === undefined) {
      sendProblem(response, problems.unknownReceipt)
      return
    }
    try {
      const status = await statusOfReceipt(position, receipts, watch)
      if (status === undefined) sendProblem(response, problems.unknownReceipt)
      else if (tokenCheck.showsAll(request)) sendJson(response, 200, { receipt: id, ...status })
      else sendJson(response, 200, { receipt: id, ...withoutContent(status) })
    } catch (error) {
      logger.debug(errorFields(error), 'receipt-not-looked-up')
      sendProblem(response, problems.receiptLookupUnavailable)
    }
  }
}
