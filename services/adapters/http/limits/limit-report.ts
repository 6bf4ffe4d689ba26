import { Counter } from 'prom-client'
import type { Registry } from 'prom-client'
import type { Logger } from '../../../runtime/logger.ts'
import { LineAMinute } from './line-a-minute.ts'

/** Limits of a server: values of the metric label `limit`. */
export const serverLimits = [
  'connections-per-client',
  'streams-per-client',
  'streams',
  'unsent-bytes',
] as const
export type ServerLimit = (typeof serverLimits)[number]

/** Called for each connection or request that is refused or ended because of a limit. */
export type OnLimitReached = (limit: ServerLimit, client: string) => void

/** Writes a log line when a limit is reached, at most one a minute for each limit. */
export function logLimits(logger: Logger): OnLimitReached {
  const lines = new LineAMinute<ServerLimit>()
  return (limit, client) => {
    const refused = lines.note(limit)
    if (refused !== undefined) logger.warn({ limit, client, refused }, 'limit-reached')
  }
}

/** Counts in a metric how often each of these limits is reached, and logs it. */
export function limitReport(
  registry: Registry,
  limits: readonly ServerLimit[],
  logger: Logger,
): OnLimitReached {
  const log = logLimits(logger)
  const refused = new Counter({
    name: 'telemetry_refused_total',
    help: 'Connections and requests that were refused or ended because of a limit of the server, by limit.',
    labelNames: ['limit'],
    registers: [registry],
  })
  // Start every limit at 0, so that Prometheus sees the first refusal as an increase.
  for (const limit of limits) refused.inc({ limit }, 0)
  return (limit, client) => {
    refused.inc({ limit })
    log(limit, client)
  }
}
