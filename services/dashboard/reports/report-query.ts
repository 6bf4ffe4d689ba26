import * as z from 'zod'
import type { Micros } from '../../telemetry/time.ts'
import type { Query } from '../http/query.ts'
import { cursor, day, integer, oneOf, timeZone } from '../http/query-parameters.ts'
import type { LocalDay } from './days.ts'
import { countDays, localDayOf, localDays } from './days.ts'

const maxDays = 31
const defaultLimit = 50

/** The parameters of `GET /api/reports`. */
export const reportQuery = z.object({
  firstDay: day().optional().describe('First day of the report. Default: `lastDay`.'),
  lastDay: day()
    .optional()
    .describe('Last day of the report; up to 31 days. Default: the present day.'),
  timeZone: timeZone()
    .default('UTC')
    .describe('Time zone of the days, a name of the IANA database. Default: UTC.'),
  format: oneOf(['json', 'csv'])
    .default('json')
    .describe('Format of the response. csv is sent as a file download with all vehicles.'),
  limit: integer({ min: 1, max: 500 })
    .optional()
    .describe('Maximum number of vehicles per page of json. Default: 50.'),
  cursor,
})

export type ReportQuery = {
  readonly timeZone: string
  readonly days: readonly LocalDay[]
  readonly format: 'json' | 'csv'
  /** Maximum number of vehicles per page. */
  readonly limit: number
  /** The page starts after this vin. */
  readonly after: string
}

/** @param now microseconds since the Unix epoch */
export function readReportQuery(query: Query, now: Micros): ReportQuery {
  const values = query.read(reportQuery.check(...rules(now)))
  const { first, last } = rangeOf(values, now)
  const { timeZone: zone, format, limit = defaultLimit, cursor: after = '' } = values
  return { timeZone: zone, days: localDays(first, last, zone), format, limit, after }
}

type Values = z.output<typeof reportQuery>

function rangeOf({ firstDay, lastDay, timeZone: zone }: Values, now: Micros) {
  const last = lastDay ?? localDayOf(now, zone)
  return { first: firstDay ?? last, last }
}

/** The rules over several parameters. They run if those parameters are valid. */
function rules(now: Micros) {
  const ifValid = (...names: readonly string[]) => ({
    path: names.slice(0, 1),
    when: ({ issues }: z.core.ParsePayload) =>
      issues.every(({ path }) => !names.includes(String(path?.[0]))),
  })
  const daysIn = (values: Values): number => {
    const { first, last } = rangeOf(values, now)
    return countDays(first, last)
  }
  const ofDays = ifValid('firstDay', 'lastDay', 'timeZone')
  return [
    z.refine<Values>((values) => daysIn(values) >= 1, {
      ...ofDays,
      error: 'must not be after lastDay.',
    }),
    z.refine<Values>((values) => daysIn(values) <= maxDays, {
      ...ofDays,
      error: `and lastDay must include at most ${maxDays} days.`,
    }),
    z.refine<Values>(({ format, limit }) => format === 'json' || limit === undefined, {
      ...ifValid('limit', 'format'),
      error: 'must not be given for csv, which has all vehicles.',
    }),
    z.refine<Values>(({ format, cursor: after }) => format === 'json' || after === undefined, {
      ...ifValid('cursor', 'format'),
      error: 'must not be given for csv, which has all vehicles.',
    }),
  ]
}
