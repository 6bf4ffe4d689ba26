import { Counter } from 'prom-client'
import type { Registry } from 'prom-client'
import type { Logger } from '../../../runtime/logger.ts'

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

/** For each limit at most one log line is written in this time. */
const logIntervalMs = 60_000

/** Writes a log line when a limit is reached, at most one a minute for each limit. */
export function logLimits(logger: Logger): OnLimitReached {
  const states = new Map<ServerLimit, { loggedAt: number; refused: number }>()
  return (limit, client) => {
    const now = performance.now()
    const state = states.get(limit) ?? { loggedAt: -Infinity, refused: 0 }
    states.set(limit, state)
    state.refused += 1
    if (now - state.loggedAt < logIntervalMs) return
    // `refused` also counts those since the last line.
    logger.warn({ limit, client, refused: state.refused }, 'limit-reached')
    state.loggedAt = now
    state.refused = 0
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
