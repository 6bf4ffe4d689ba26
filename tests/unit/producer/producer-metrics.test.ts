import { expect } from 'chai'
import { Registry } from 'prom-client'
import { createProducerMetrics } from '../../../services/producer/producer-metrics.ts'
import type { TopicView } from '../../../services/producer/topic-watch.ts'

describe('createProducerMetrics', () => {
  const registry = new Registry()
  const watch: { view: TopicView | undefined } = { view: undefined }
  const counters = createProducerMetrics(registry, {
    memory: { usedBytes: 5, limitBytes: 100 },
    lagLimit: { lag: 40 },
    watch,
  })

  const samples = async (): Promise<string[]> =>
    (await registry.metrics()).split('\n').filter((line) => line !== '' && !line.startsWith('#'))

  it('exports the pending bytes and their limit', async () => {
    expect(await samples())
      .to.include('telemetry_pending_bytes 5')
      .and.to.include('telemetry_pending_bytes_limit 100')
  })

  it('exports the time of the last answer from Kafka, and no value before the first answer', async () => {
    const name = 'telemetry_topic_view_timestamp_seconds'
    expect((await samples()).filter((line) => line.startsWith(name))).to.deep.equal([])
    watch.view = { logId: 1, ranges: [], eventsServed: 0, asOf: 1_500 }
    expect(await samples()).to.include(`${name} 1.5`)
  })

  it('starts every reason and code at 0, so that the first event is an increase', async () => {
    const full = 'telemetry_requests_turned_away_total{why="full"}'
    expect(await samples())
      .to.include(`${full} 0`)
      .and.to.include('telemetry_readings_refused_total{code="time-too-old"} 0')
    counters.onThrottled('full')
    expect(await samples()).to.include(`${full} 1`)
  })
})
