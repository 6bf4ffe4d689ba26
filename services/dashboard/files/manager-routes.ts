import { Router } from 'express'
import { sendJson, sendProblem } from '../../adapters/http/problem.ts'
import { allowOnly } from '../../adapters/http/routing.ts'
import type { FileState } from '../../ledger/tasks/task.ts'
import type { ManagerStatus } from '../api/files.ts'
import { filesUnavailable } from './file-problems.ts'
import type { FileRoutesOptions } from './file-routes.ts'
import { cancel } from './file-routes.ts'

/** The words of Cast Iron for the states of a file. */
const statuses: Readonly<Record<FileState, keyof ManagerStatus>> = {
  unmatched: 'Unmatched',
  queued: 'Queued',
  running: 'Processing',
  complete: 'Complete',
  failed: 'Failed',
  canceled: 'Canceled',
}

/** The paths of Cast Iron, for programs that use them. */
export function managerRoutes(options: FileRoutesOptions): Router {
  const router = Router()
  router
    .route('/health')
    .get((_, response) => {
      sendJson(response, 200, { status: 'ok' })
    })
    .all(allowOnly('GET'))
  router
    .route('/status')
    .get(async (_, response) => {
      const page = await options.work.page({ limit: 1 })
      if (page === undefined) {
        sendProblem(response, filesUnavailable)
        return
      }
      const counts: Record<keyof ManagerStatus, number> = {
        ...{ Queued: 0, Processing: 0, Complete: 0, Failed: 0, Canceled: 0, Unmatched: 0 },
      }
      for (const { state, count } of page.counts) counts[statuses[state]] += count
      sendJson(response, 200, counts)
    })
    .all(allowOnly('GET'))
  router.route('/cancel-record/:id').post(cancel(options)).all(allowOnly('POST'))
  return router
}
