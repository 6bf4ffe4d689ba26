import type { RequestHandler, Response } from 'express'
import { Router } from 'express'
import { reserveWork } from '../../adapters/http/limits/response-budget.ts'
import { responseMemoryFull, sendJson, sendProblem, sendText } from '../../adapters/http/problem.ts'
import { allowOnly } from '../../adapters/http/routing.ts'
import type { PostgresReportStore } from '../../adapters/postgres/readings/report-store.ts'
import type { Logger } from '../../runtime/logger.ts'
import { errorFields } from '../../runtime/logger.ts'
import { toMicros } from '../../telemetry/time.ts'
import { mediaTypes } from '../history/formats/track-formats.ts'
import { invalidQuery, reportsUnavailable } from '../http/problems.ts'
import { Query, QueryError } from '../http/query.ts'
import type { NameOf } from './report.ts'
import { readReport, ReportTooLongError, readWholeReport } from './report.ts'
import { toReportCsv } from './report-csv.ts'
import { readReportQuery } from './report-query.ts'

type ReportRoutesOptions = {
  readonly reports: PostgresReportStore
  /** The name of a vehicle's device; null if it has none. */
  readonly nameOf: NameOf
  readonly logger: Logger
}

/**
 * Counts for each request that waits for the database, until the size of its response is known. So
 * their number is limited too.
 */
const pendingRequestBytes = 1024 * 1024

/** The route of the reports: distance, driving time and stops for each vehicle and day. */
export function reportRoutes({ reports, nameOf, logger }: ReportRoutesOptions): Router {
  const router = Router()
  const handle: RequestHandler = async ({ url }, response) => {
    if (!reserveWork(response, pendingRequestBytes)) {
      sendProblem(response, responseMemoryFull)
      return
    }
    try {
      await sendReport({ reports, nameOf, url }, response)
    } catch (error) {
      if (error instanceof QueryError) throw error
      if (error instanceof ReportTooLongError) {
        sendProblem(response, invalidQuery(error.message))
        return
      }
      logger.warn(errorFields(error), 'report-not-read')
      sendProblem(response, reportsUnavailable)
    }
  }
  router.route('/reports').get(handle).all(allowOnly('GET'))
  return router
}

type ReportRequest = Omit<ReportRoutesOptions, 'logger'> & { readonly url: string }

async function sendReport(
  { reports, nameOf, url }: ReportRequest,
  response: Response,
): Promise<void> {
  const query = readReportQuery(new Query(url), toMicros(Date.now()))
  if (query.format === 'json') {
    sendJson(response, 200, await readReport(reports, query, nameOf))
    return
  }
  const text = toReportCsv(await readWholeReport(reports, query, nameOf))
  const [first, last] = [query.days[0]?.day ?? '', query.days.at(-1)?.day ?? '']
  const headers = {
    'content-type': mediaTypes.csv,
    'content-disposition': `attachment; filename="report-${first}-${last}.csv"`,
  }
  sendText(response, text, { status: 200, headers })
}
