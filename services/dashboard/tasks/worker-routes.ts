import { Router } from 'express'
import { sendJson, sendProblem } from '../../adapters/http/problem.ts'
import { allowOnly } from '../../adapters/http/routing.ts'
import type { TaskWorkers } from '../api/tasks.ts'
import { tasksUnavailable, unknownWorker } from '../http/problems.ts'
import { idOf } from './task-routes.ts'
import type { WorkReader } from './work-reader.ts'

/** The routes of the workers. Other systems ask for them: they are not below `/api`. */
export function workerRoutes(reader: WorkReader): Router {
  const router = Router()
  router
    .route('/workers')
    .get(async (_, response) => {
      const workers = await reader.workers()
      if (workers === undefined) {
        sendProblem(response, tasksUnavailable)
        return
      }
      const answer: TaskWorkers = { workers }
      sendJson(response, 200, answer)
    })
    .all(allowOnly('GET'))
  router
    .route('/worker/:id')
    .get(async (request, response) => {
      const { id } = request.params
      const worker = await reader.worker(idOf(id))
      if (worker === undefined) sendProblem(response, tasksUnavailable)
      else if (worker === 'unknown') sendProblem(response, unknownWorker(id))
      else sendJson(response, 200, worker)
    })
    .all(allowOnly('GET'))
  return router
}
