import { Router } from 'express'
import { sendJson } from '../../adapters/http/problem.ts'
import { allowOnly } from '../../adapters/http/routing.ts'
import type { Health } from './health.ts'

/**
 * `GET /ledger` returns the account; `GET /health` returns all health figures with their history.
 */
export function healthRoutes(health: Health): Router {
  const router = Router()
  router
    .route('/ledger')
    .get((_, response) => {
      sendJson(response, 200, health.ledger())
    })
    .all(allowOnly('GET'))
  router
    .route('/health')
    .get((_, response) => {
      sendJson(response, 200, health.withHistory())
    })
    .all(allowOnly('GET'))
  return router
}
