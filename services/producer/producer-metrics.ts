import { Counter, Gauge } from 'prom-client'
import type { Registry } from 'prom-client'
import type { AcceptOutcome } from './events/accept-readings.ts'
import type { ByteBudget } from './limits/byte-budget.ts'
import type { LagGate } from './limits/lag-gate.ts'
import { refusalCodes } from '../telemetry/reading/reading.ts'
import type { PostEventsOptions } from './events/post-events.ts'
import { turnedAwayFor } from './events/post-events.ts'
import type { TopicWatch } from './limits/topic-watch.ts'

type Watched = {
  readonly budget: Pick<ByteBudget, 'taken' | 'limit'>
  readonly lag: Pick<LagGate, 'lag'>
  readonly watch: Pick<TopicWatch, 'view'>
}

/** What the producer says of itself to Prometheus; returns what to tell it of each request. */
export function createProducerMetrics(
  registry: Registry,
  watched: Watched,
): Pick<PostEventsOptions, 'onOutcome' | 'onTurnedAway'> {
  addGauges(registry, watched)
  return { onOutcome: outcomeCounter(registry), onTurnedAway: turnedAwayCounter(registry) }
}

function addGauges(registry: Registry, { budget, lag, watch }: Watched): void {
  const registers = [registry]
  new Gauge({
    name: 'telemetry_pending_bytes',
    help: 'Memory reserved for requests that are on their way in or wait for Kafka.',
    registers,
    collect() {
      this.set(budget.taken)
    },
  })
  new Gauge({
    name: 'telemetry_pending_bytes_limit',
    help: 'The most memory that is reserved; then requests are told to come again later.',
    registers,
    collect() {
      this.set(budget.limit)
    },
  })
  new Gauge({
    name: 'telemetry_topic_view_timestamp_seconds',
    help: 'When Kafka last answered how far the topic is; it is asked once a second.',
    registers,
    collect() {
      this.remove()
      if (watch.view !== undefined) this.set(watch.view.asOf / 1000)
    },
  })
  new Gauge({
    name: 'telemetry_topic_lag_records',
    help: 'Records in the topic that the consumers have not said to be stored, as last heard.',
    registers,
    collect() {
      if (lag.lag !== undefined) this.set(lag.lag)
    },
  })
}

function turnedAwayCounter(registry: Registry): PostEventsOptions['onTurnedAway'] {
  const turnedAway = new Counter({
    name: 'telemetry_requests_turned_away_total',
    help: 'Requests that were told to come again later, by why.',
    labelNames: ['why'],
    registers: [registry],
  })
  // What has not happened yet is nought, so that its first time is seen as a rise.
  for (const why of turnedAwayFor) turnedAway.inc({ why }, 0)
  return (why) => {
    turnedAway.inc({ why })
  }
}

function outcomeCounter(registry: Registry): (outcome: AcceptOutcome) => void {
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
  for (const code of refusalCodes) refused.inc({ code }, 0)
  const unacknowledged = new Counter({
    name: 'telemetry_requests_not_acknowledged_total',
    help: 'Requests answered 503 because Kafka did not acknowledge in time.',
    registers,
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
