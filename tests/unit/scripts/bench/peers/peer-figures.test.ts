import { expect } from 'chai'
import type { Figure } from '../../../../../scripts/bench/bench.ts'
import type { IngestRun } from '../../../../../scripts/bench/peers/ingest-peer.ts'
import { ingestFigures, sinkFigures } from '../../../../../scripts/bench/peers/peer-figures.ts'
import { lastReadings, runBetween } from '../../../../../scripts/bench/peers/sink-peer.ts'
import { hasDropped, versionOf } from '../../../../../scripts/bench/peers/telegraf.ts'
import type { SinkRun } from '../../../../../scripts/bench/sink/sink-run.ts'
import { numberedRecord } from '../../../../../scripts/workload/readings/numbered-readings.ts'

const peer = 'Telegraf 1.37.0'

const aSinkRun = (rowsPerSecond: number, consumer: number): SinkRun => ({
  rowsPerSecond,
  peakMegabytes: 200,
  cores: { consumer, postgres: 0.5 },
})

const anIngestRun = (own: Partial<IngestRun> = {}): IngestRun => ({
  ...{ requestsPerSecond: 20_000, acceptedPerSecond: 20_000, p50: 3, p99: 8, longestMs: 20 },
  ...{ refused: 0, unsent: 0, unanswered: 0, cores: 0.5, serverCores: 1, receipts: [] },
  ...{ secondsBehind: 0.1, ...own },
})

const figureOf = (figures: readonly Figure[], name: string): Figure | undefined =>
  figures.find((figure) => figure.name === name)

describe('the figures of peers', () => {
  it('compare the median of the platform with the median of Telegraf', () => {
    const platform = [aSinkRun(110_000, 1), aSinkRun(150_000, 1), aSinkRun(120_000, 1)]
    const telegraf = [aSinkRun(90_000, 1.5), aSinkRun(100_000, 1.5), aSinkRun(140_000, 1.5)]
    const figures = sinkFigures({ platform, telegraf }, peer)
    expect(figureOf(figures, 'peers, sink')).to.deep.include({
      ...{ value: 120_000, spread: [110_000, 150_000], limit: 100_000 },
      ...{ bar: 'above Telegraf', met: true },
    })
  })

  it('do not meet the bar if Telegraf is as fast', () => {
    const runs = [aSinkRun(100_000, 1)]
    const figures = sinkFigures({ platform: runs, telegraf: runs }, peer)
    expect(figureOf(figures, 'peers, sink')?.met).to.equal(false)
  })

  it('show the CPU of a row in microseconds', () => {
    const runs = { platform: [aSinkRun(100_000, 0.8)], telegraf: [aSinkRun(100_000, 1.5)] }
    const cpu = figureOf(sinkFigures(runs, peer), 'peers, sink, CPU of a row')
    expect(cpu?.value).to.be.closeTo(8, 1e-9)
    expect(cpu?.limit).to.be.closeTo(15, 1e-9)
    expect(cpu?.unit).to.equal('µs')
  })

  it('compare the requests of a core-second, not only their rate', () => {
    const platform = [anIngestRun({ requestsPerSecond: 30_000, serverCores: 1 })]
    const telegraf = [anIngestRun({ requestsPerSecond: 40_000, serverCores: 1.6 })]
    const figures = ingestFigures({ platform, telegraf, hasDropped: false }, peer)
    expect(figureOf(figures, 'peers, ingest')).to.include({ value: 30_000, limit: 40_000 })
    expect(figureOf(figures, 'peers, ingest, requests of a core-second')).to.include({
      ...{ value: 30_000, limit: 25_000, met: true },
    })
  })

  it('say that Telegraf answers before Kafka has the reading, and how late Kafka had it', () => {
    const telegraf = [anIngestRun({ secondsBehind: 0.2 }), anIngestRun({ secondsBehind: 1.4 })]
    const [rate] = ingestFigures({ platform: [anIngestRun()], telegraf, hasDropped: false }, peer)
    expect(rate?.note).to.equal(
      'Telegraf 1.37.0 answers before Kafka has the reading: Kafka had the last one up to 1.4 s after the load',
    )
  })

  it('say so if Telegraf has dropped readings', () => {
    const runs = { platform: [anIngestRun()], telegraf: [anIngestRun()], hasDropped: true }
    expect(ingestFigures(runs, peer)[0]?.note).to.include('it has dropped readings')
  })

  it('show requests that were not accepted', () => {
    const platform = [anIngestRun({ refused: 3 })]
    const figures = ingestFigures({ platform, telegraf: [anIngestRun()], hasDropped: false }, peer)
    expect(figureOf(figures, 'peers, ingest, not accepted')).to.include({ value: 3, met: false })
  })
})

describe('the run of Telegraf from Kafka to Postgres', () => {
  it('counts the rows and the CPU after the first rows', () => {
    const first = { at: 2_000, rows: 20_000, telegraf: 0.5, postgres: 1 }
    const end = { at: 6_000, rows: 420_000, telegraf: 5.5, postgres: 3 }
    expect(runBetween(first, end)).to.deep.equal({
      rowsPerSecond: 100_000,
      cores: { consumer: 1.25, postgres: 0.5 },
    })
  })

  it('ends with the last reading of each vehicle', () => {
    const last = lastReadings(1_250, 0)
    expect(new Set(last.map(({ vin }) => vin)).size).to.equal(500)
    const wanted = JSON.parse(String(numberedRecord(1_249, 0).value)) as {
      readonly vin: string
      readonly timestamp: string
    }
    expect(last[0]).to.deep.equal({ vin: wanted.vin, recordedAt: wanted.timestamp })
    const all = Array.from({ length: 1_250 }, (_, index) => numberedRecord(index, 0))
    for (const { vin, recordedAt } of last) {
      const own = all.filter(({ key }) => key === vin).at(-1)
      expect(String(own?.value)).to.include(`"timestamp":"${recordedAt}"`)
    }
  })
})

describe('what Telegraf prints', () => {
  it('has its version', () => {
    expect(versionOf('Telegraf 1.37.0 (git: HEAD@4b1d8a2c)\n')).to.equal('Telegraf 1.37.0')
    expect(versionOf('Telegraf v1.38.1\n')).to.equal('Telegraf 1.38.1')
    expect(versionOf('Telegraf unknown\n')).to.equal('Telegraf of unknown version')
  })

  it('says whether it has dropped readings', () => {
    const overflow =
      '2026-11-30T10:00:00Z W! [outputs.kafka] Metric buffer overflow; 1200 metrics have been dropped\n'
    const duplicate =
      '2026-11-30T10:00:00Z E! [outputs.postgresql] write error (permanent, dropping sub-batch): duplicate key\n'
    const start = '2026-11-30T10:00:00Z I! Loaded outputs: kafka\n'
    expect(hasDropped(start)).to.equal(false)
    expect(hasDropped(start + overflow)).to.equal(true)
    expect(hasDropped(start + duplicate)).to.equal(true)
  })
})
