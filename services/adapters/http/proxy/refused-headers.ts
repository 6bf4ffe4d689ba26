import { Counter } from 'prom-client'
import type { Registry } from 'prom-client'
import type { Logger } from '../../../runtime/logger.ts'
import type { BehindIngress } from './client-address.ts'
import { refusedHeaders } from './proxy-header.ts'

/** At most one log line is written in this time. */
const logIntervalMs = 60_000

/** Counts in a metric how many connections are closed because of their PROXY header, and logs it. */
export function reportRefusedHeaders(
  registry: Registry,
  logger: Logger,
): NonNullable<BehindIngress['onRefusedHeader']> {
  const counter = new Counter({
    name: 'telemetry_proxy_headers_refused_total',
    help: 'Connections that were closed because their PROXY header was not from the ingress, by reason.',
    labelNames: ['why'],
    registers: [registry],
  })
  // Start all reasons at 0, so that Prometheus sees the first one as an increase.
  for (const why of refusedHeaders) counter.inc({ why }, 0)
  let loggedAt = -Infinity
  let refused = 0
  return (why, peer) => {
    counter.inc({ why })
    refused += 1
    const now = performance.now()
    if (now - loggedAt < logIntervalMs) return
    // `refused` also counts those since the last line.
    logger.warn({ why, peer, refused }, 'proxy-header-refused')
    loggedAt = now
    refused = 0
  }
}
