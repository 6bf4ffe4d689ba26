import { Counter, Gauge } from 'prom-client'
import type { Registry } from 'prom-client'
import type { AcceptOutcome } from './accept-readings.ts'
import type { ByteBudget } from './byte-budget.ts'

/** What the producer says of itself to Prometheus; returns what to tell it of each request. */
export function createProducerMetrics(
  registry: Registry,
  budget: ByteBudget,
): (outcome: AcceptOutcome) => void {
  const registers = [registry]
  const accepted = new Counter({
    name: 'telemetry_readings_accepted_total',
    help: 'Readings acknowledged with 202.',
    registers,
  })
  const refused = new Counter({
    name: 'telemetry_readings_refused_total',
    help: 'Readings refused, by code.',
    labelNames: ['code'],
    registers,
  })
  const unacknowledged = new Counter({
    name: 'telemetry_requests_not_acknowledged_total',
    help: 'Requests answered 503 because Kafka did not acknowledge in time.',
    registers,
  })
  new Gauge({
    name: 'telemetry_pending_bytes',
    help: 'Memory reserved for requests that wait for Kafka.',
    registers,
    collect() {
      this.set(budget.taken)
    },
  })
  return (outcome) => {
    switch (outcome.kind) {
      case 'accepted':
        accepted.inc(outcome.answer.accepted)
        for (const { code } of outcome.answer.rejected) refused.inc({ code })
        return
      case 'all-refused':
        for (const { code } of outcome.rejected) refused.inc({ code })
        return
      case 'not-acknowledged':
        unacknowledged.inc()
        return
      default:
        outcome satisfies never
    }
  }
}
