import { Counter } from 'prom-client'
import type { Registry } from 'prom-client'
import type { Logger } from '../../../runtime/logger.ts'
import { LineAMinute } from '../limits/line-a-minute.ts'
import type { BehindIngress } from './client-address.ts'
import type { RefusedHeader } from './proxy-header.ts'
import { refusedHeaders } from './proxy-header.ts'

/** Counts in a metric how many connections are closed because of their PROXY header, and logs it, at most once a minute for each reason. */
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
  const lines = new LineAMinute<RefusedHeader>()
  return (why, peer) => {
    counter.inc({ why })
    const refused = lines.note(why)
    if (refused !== undefined) logger.warn({ why, peer, refused }, 'proxy-header-refused')
  }
}
