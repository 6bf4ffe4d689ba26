import { expect } from 'chai'
import { Registry } from 'prom-client'
import { createProducerMetrics } from '../../../services/producer/producer-metrics.ts'
import type { TopicView } from '../../../services/producer/limits/topic-watch.ts'

describe('the metrics of the producer', () => {
  const registry = new Registry()
  const watch: { view: TopicView | undefined } = { view: undefined }
  const told = createProducerMetrics(registry, {
    memory: { usedBytes: 5, limitBytes: 100 },
    lagGate: { lag: 40 },
    watch,
  })

  const samples = async (): Promise<string[]> =>
    (await registry.metrics()).split('\n').filter((line) => line !== '' && !line.startsWith('#'))

  it('show what is pending and the most that may be', async () => {
    expect(await samples())
      .to.include('telemetry_pending_bytes 5')
      .and.to.include('telemetry_pending_bytes_limit 100')
  })

  it('say when Kafka last answered, and nothing before it first did', async () => {
    const name = 'telemetry_topic_view_timestamp_seconds'
    expect((await samples()).filter((line) => line.startsWith(name))).to.deep.equal([])
    watch.view = { logId: 1, ranges: [], eventsServed: 0, asOf: 1_500 }
    expect(await samples()).to.include(`${name} 1.5`)
  })

  it('begin at nought with every reason there is, so that the first time is a rise', async () => {
    const full = 'telemetry_requests_turned_away_total{why="full"}'
    expect(await samples())
      .to.include(`${full} 0`)
      .and.to.include('telemetry_readings_refused_total{code="time-too-old"} 0')
    told.onThrottled('full')
    expect(await samples()).to.include(`${full} 1`)
  })
})
