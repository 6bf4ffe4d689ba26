import { Counter, Gauge } from 'prom-client'
import type { Registry } from 'prom-client'
import type { AcceptOutcome } from './events/accept-readings.ts'
import type { MemoryBudget } from '../adapters/http/limits/memory-budget.ts'
import type { LagLimit } from './limits/lag-limit.ts'
import type { AccessOptions } from './access/access.ts'
import { vehicleRefusals } from './access/access-problems.ts'
import type { AppOptions } from './app.ts'
import { deviceFormats } from './formats/all-formats.ts'
import { deviceRefusalCodes, refusalCodes } from '../telemetry/reading/reading.ts'
import type { PostEventsOptions } from './events/post-events.ts'
import { throttleReasons } from './receiving/receive-body.ts'
import type { TopicWatch } from './topic-watch.ts'

/** Where the gauges read their values. */
type GaugeSources = {
  readonly memory: Pick<MemoryBudget, 'usedBytes' | 'limitBytes'>
  readonly lagLimit: Pick<LagLimit, 'lag'>
  readonly watch: Pick<TopicWatch, 'view'>
}

type ProducerCounters = Pick<
  AppOptions,
  'onOutcome' | 'onThrottled' | 'onMessages' | 'onNotAcknowledged'
> & { readonly onVehicleRefused: AccessOptions['onRefused'] }

/**
 * Registers the producer's metrics. Returns the callbacks that count the outcome of each request.
 */
export function createProducerMetrics(registry: Registry, sources: GaugeSources): ProducerCounters {
  addGauges(registry, sources)
  const outcomes = createOutcomeCounters(registry)
  return {
    onOutcome: (outcome) => {
      countOutcome(outcomes, outcome)
    },
    onThrottled: throttledCounter(registry),
    onVehicleRefused: vehicleCounter(registry),
    onMessages: messageCounter(registry, outcomes),
    onNotAcknowledged: () => {
      outcomes.unacknowledged.inc()
    },
  }
}

function addGauges(registry: Registry, { memory, lagLimit, watch }: GaugeSources): void {
  const registers = [registry]
  new Gauge({
    name: 'telemetry_pending_bytes',
    help: 'Bytes of memory reserved for requests that are being received or wait for Kafka.',
    registers,
    collect() {
      this.set(memory.usedBytes)
    },
  })
  new Gauge({
    name: 'telemetry_pending_bytes_limit',
    help: 'Limit of telemetry_pending_bytes. Above it, requests get 503 and must be retried.',
    registers,
    collect() {
      this.set(memory.limitBytes)
    },
  })
  new Gauge({
    name: 'telemetry_topic_view_timestamp_seconds',
    help: 'Unix time in seconds of the last answer from Kafka about the topic; requested once a second.',
    registers,
    collect() {
      this.remove()
      if (watch.view !== undefined) this.set(watch.view.asOf / 1000)
    },
  })
  new Gauge({
    name: 'telemetry_topic_lag_records',
    help: 'Records in the topic above the offsets that the consumers have committed, at the last check.',
    registers,
    collect() {
      if (lagLimit.lag !== undefined) this.set(lagLimit.lag)
    },
  })
}

function throttledCounter(registry: Registry): PostEventsOptions['onThrottled'] {
  const throttled = new Counter({
    name: 'telemetry_requests_turned_away_total',
    help: 'Requests that were answered 429 or 503 because of a limit, by reason.',
    labelNames: ['why'],
    registers: [registry],
  })
  // Start every reason at 0, so that Prometheus sees the first one as an increase.
  for (const why of throttleReasons) throttled.inc({ why }, 0)
  return (why) => {
    throttled.inc({ why })
  }
}

function vehicleCounter(registry: Registry): AccessOptions['onRefused'] {
  const refused = new Counter({
    name: 'telemetry_requests_for_vehicle_refused_total',
    help: 'Requests that were refused because the sender may not report as the vehicle, by reason.',
    labelNames: ['why'],
    registers: [registry],
  })
  for (const why of vehicleRefusals) refused.inc({ why }, 0)
  return (why) => {
    refused.inc({ why })
  }
}

type OutcomeCounters = {
  readonly accepted: Counter
  readonly refused: Counter<'code'>
  readonly unacknowledged: Counter
}

function createOutcomeCounters(registry: Registry): OutcomeCounters {
  const registers = [registry]
  const accepted = new Counter({
    name: 'telemetry_readings_accepted_total',
    help: 'Readings acknowledged with 202, or with 200 to phones and trackers.',
    registers,
  })
  const refused = new Counter({
    name: 'telemetry_readings_refused_total',
    help: 'Readings refused because they are invalid, by code.',
    labelNames: ['code'],
    registers,
  })
  for (const code of [...refusalCodes, ...deviceRefusalCodes]) refused.inc({ code }, 0)
  const unacknowledged = new Counter({
    name: 'telemetry_requests_not_acknowledged_total',
    help: 'Requests answered 503 because Kafka did not acknowledge in time.',
    registers,
  })
  return { accepted, refused, unacknowledged }
}

function countOutcome(
  { accepted, refused, unacknowledged }: OutcomeCounters,
  outcome: AcceptOutcome,
): void {
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

/** What becomes of a message of a phone or tracker: values of the metric label `outcome`. */
const messageOutcomes = ['accepted', 'refused', 'without_position'] as const

function messageCounter(
  registry: Registry,
  { accepted, refused }: OutcomeCounters,
): AppOptions['onMessages'] {
  const messages = new Counter({
    name: 'telemetry_device_messages_total',
    help: 'Messages of phones and trackers that were answered with 200, by format and outcome. Refused ones become dead letters; those without a position are not stored.',
    labelNames: ['format', 'outcome'],
    registers: [registry],
  })
  for (const { name: format } of deviceFormats)
    for (const outcome of messageOutcomes) messages.inc({ format, outcome }, 0)
  return (format, counts) => {
    accepted.inc(counts.accepted)
    for (const code of counts.refused) refused.inc({ code })
    messages.inc({ format, outcome: 'accepted' }, counts.accepted)
    messages.inc({ format, outcome: 'refused' }, counts.refused.length)
    messages.inc({ format, outcome: 'without_position' }, counts.withoutPosition)
  }
}
