import type { Figure } from '../bench.ts'
import { median, medianWithSpread } from '../bench.ts'
import { refusedFigures } from '../ingest/ingest.ts'
import type { SinkRun } from '../sink/sink-run.ts'
import type { IngestRun } from './ingest-peer.ts'

/** The runs of the platform and of Telegraf, which were made in turns. */
export type Runs<Run> = {
  readonly platform: readonly Run[]
  readonly telegraf: readonly Run[]
}

type Comparison<Run> = {
  readonly name: string
  readonly unit: string
  readonly of: (run: Run) => number
}

/** The median of the platform; the limit line is the median of Telegraf. */
function compare<Run>({ platform, telegraf }: Runs<Run>, { name, unit, of }: Comparison<Run>) {
  return { name, unit, ...medianWithSpread(platform.map(of)), limit: median(telegraf.map(of)) }
}

type Compared = ReturnType<typeof compare>

const aboveTelegraf = (figure: Compared): Figure => ({
  ...figure,
  bar: 'above Telegraf',
  met: figure.value > figure.limit,
})

/** Rows per second, and CPU of the program for a row. */
export function sinkFigures(runs: Runs<SinkRun>, peer: string): Figure[] {
  const rate = compare(runs, {
    ...{ name: 'peers, sink', unit: 'rows/s' },
    of: ({ rowsPerSecond }) => rowsPerSecond,
  })
  const cpu = compare(runs, {
    ...{ name: 'peers, sink, CPU of a row', unit: 'µs' },
    of: ({ cores, rowsPerSecond }) => (cores.consumer / rowsPerSecond) * 1e6,
  })
  const postgres = compare(runs, {
    ...{ name: '', unit: 'µs' },
    of: ({ cores, rowsPerSecond }) => (cores.postgres / rowsPerSecond) * 1e6,
  })
  const [own, other] = [runs.platform, runs.telegraf].map(describeSink)
  const inPostgres = `in Postgres ${postgres.value.toFixed(1)}, Telegraf ${postgres.limit.toFixed(1)}`
  return [
    { ...aboveTelegraf(rate), note: `limit line: ${peer}; consumer ${own}, Telegraf ${other}` },
    { ...cpu, note: inPostgres },
  ]
}

function describeSink(runs: readonly SinkRun[]): string {
  const cores = median(runs.map(({ cores }) => cores.consumer))
  const megabytes = Math.max(...runs.map(({ peakMegabytes }) => peakMegabytes))
  return `${cores.toFixed(2)} cores and ${Math.round(megabytes)} MB`
}

export type IngestRuns = Runs<IngestRun> & {
  /** Whether Telegraf has dropped readings. */
  readonly hasDropped: boolean
}

/** Requests per second and for each core-second of the program, and the 99th percentile. */
export function ingestFigures({ hasDropped, ...runs }: IngestRuns, peer: string): Figure[] {
  const rate = compare(runs, {
    ...{ name: 'peers, ingest', unit: 'requests/s' },
    of: ({ requestsPerSecond }) => requestsPerSecond,
  })
  const efficiency = compare(runs, {
    ...{ name: 'peers, ingest, requests of a core-second', unit: 'requests' },
    of: ({ requestsPerSecond, serverCores }) => requestsPerSecond / serverCores,
  })
  const slow = compare(runs, { name: 'peers, ingest, p99', unit: 'ms', of: ({ p99 }) => p99 })
  const behind = Math.max(...runs.telegraf.map(({ secondsBehind }) => secondsBehind))
  const early = `${peer} answers before Kafka has the reading: Kafka had the last one up to ${behind.toFixed(1)} s after the load`
  const dropped = hasDropped ? '; its log says that it has dropped readings' : ''
  const [own, other] = [runs.platform, runs.telegraf].map((each) =>
    median(each.map(({ serverCores }) => serverCores)).toFixed(2),
  )
  return [
    { ...rate, note: `${early}${dropped}` },
    { ...aboveTelegraf(efficiency), note: `cores: producer ${own}, Telegraf ${other}` },
    slow,
    ...refusedFigures('peers, ingest', runs.platform),
    ...refusedFigures('peers, ingest, Telegraf', runs.telegraf),
  ]
}
