import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Response } from 'express'
import { Router } from 'express'
import * as z from 'zod'
import { reserveWork } from '../../adapters/http/limits/response-budget.ts'
import type { Problem } from '../../adapters/http/problem.ts'
import { responseMemoryFull, sendProblem } from '../../adapters/http/problem.ts'
import { allowOnly } from '../../adapters/http/routing.ts'
import type { ObjectStore } from '../../adapters/objects/object-store.ts'
import { readObject } from '../../adapters/objects/read-object.ts'
import type { Pool } from '../../adapters/postgres/driver/connection.ts'
import { findOutput } from '../../adapters/postgres/outputs/output-store.ts'
import { chooseTable, toCsv } from '../../pipelines/tasks/output-csv.ts'
import type { Logger } from '../../runtime/logger.ts'
import { errorFields } from '../../runtime/logger.ts'
import { mediaTypes } from '../history/formats/track-formats.ts'
import { noOutput, outputRemoved, outputTableUnknown, outputUnavailable } from '../http/problems.ts'
import { Query, QueryError } from '../http/query.ts'
import { text } from '../http/query-parameters.ts'
import { idOf } from './task-routes.ts'

export type OutputRoutesOptions = {
  /** Connections with the role that may only read. */
  readonly pool: Pool
  /** Undefined if the platform has no bucket. */
  readonly store: ObjectStore | undefined
  readonly logger: Logger
}

/** The parameters of `GET /api/tasks/{id}/output.csv`. */
export const outputQuery = z.object({
  table: text(200).optional().describe('The table of the rows. Default: the only one.'),
})

/** Memory that is reserved for a response until it has ended. The CSV is made in pieces. */
const responseBytes = 1024 * 1024

/** The route of results that are objects of the bucket (`to.objects`): CSV that is made from them. */
export function outputRoutes(options: OutputRoutesOptions): Router {
  const router = Router()
  router
    .route('/tasks/:id/output.csv')
    .get(async ({ params: { id }, url }, response) => {
      const { table } = new Query(url).read(outputQuery)
      if (!reserveWork(response, responseBytes)) {
        sendProblem(response, responseMemoryFull)
        return
      }
      try {
        const problem = await sendCsv(options, { id, table }, response)
        if (problem !== undefined) sendProblem(response, problem)
      } catch (error) {
        if (error instanceof QueryError) throw error
        if (response.destroyed) return
        options.logger.warn({ ...errorFields(error), task: id }, 'output-not-read')
        if (response.headersSent) response.destroy()
        else sendProblem(response, outputUnavailable)
      }
    })
    .all(allowOnly('GET'))
  return router
}

async function sendCsv(
  { pool, store }: OutputRoutesOptions,
  { id, table: name }: { readonly id: string; readonly table: string | undefined },
  response: Response,
): Promise<Problem | undefined> {
  const found = await findOutput(pool, idOf(id))
  if (found === undefined) return noOutput(id)
  const chosen = chooseTable(found.tables, name)
  if (!chosen.ok) return outputTableUnknown(chosen.reason)
  if (store === undefined || found.storedAt === null) return outputUnavailable
  const content = await readObject(store, found.key)
  if (content === undefined) return outputRemoved(found.key)
  response.writeHead(200, {
    'content-type': mediaTypes.csv,
    'content-disposition': `attachment; filename="${found.pipeline}-${found.task}.csv"`,
  })
  await pipeline(Readable.from(toCsv(content, chosen.table)), response)
  return undefined
}
