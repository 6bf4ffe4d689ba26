import { producerPort } from '../../../infra/topology/addresses.ts'
import { freeRun } from '../../ports/scratch-ports.ts'
import { sleep } from '../../../services/runtime/retry.ts'
import { toConnection } from '../../../services/adapters/kafka/connection/kafkajs-options.ts'
import type { Bench, BenchContext, Figure } from '../bench.ts'
import { median, medianWithSpread } from '../bench.ts'
import type { BenchPlatform } from '../bench-platform.ts'
import { RunningProgram, runProgram } from '../program.ts'
import type { BareIngestOrder } from '../programs/bare-ingest.ts'
import type { PostLoadOrder, PostLoadResult } from '../programs/post-load.ts'

const maxMegabytes = 200
const maxP99Ms = 10
const minBatchReadingsPerSecond = 80_000
const batchSize = 100
const microsecondsPerDay = 86_400_000_000

type Shape = Pick<PostLoadOrder, 'connections' | 'form' | 'size'>
const single = (connections: number): Shape => ({ connections, form: 'single', size: 1 })
const array: Shape = { connections: 16, form: 'array', size: batchSize }
const lines: Shape = { connections: 16, form: 'lines', size: batchSize }

/** One run: the results of the client, and the CPU of the producer. */
type IngestRun = PostLoadResult & { readonly producerCores: number }

export const ingestSingle: Bench = {
  name: 'ingest-single',
  description: 'one reading per POST, answered when Kafka has acknowledged it',
  measure: async (context) => {
    await using platform = await context.open()
    await platform.startServices('producer-0')
    const parsed: number[] = []
    const bare: PostLoadResult[] = []
    const runs: Record<'few' | 'many', IngestRun[]> = { few: [], many: [] }
    // In the first runs after its start Kafka is slower, which would lower the limit line.
    if (!context.isQuick) await loadBare(platform, context, { shape: single(64), appends: true })
    for (let run = 1; run <= context.runs; run += 1) {
      context.printProgress(`run ${run} of ${context.runs}`)
      parsed.push((await loadBare(platform, context, { shape: single(64) })).requestsPerSecond)
      bare.push(await loadBare(platform, context, { shape: single(64), appends: true }))
      runs.few.push(await loadProducer(platform, context, single(64)))
      runs.many.push(await loadProducer(platform, context, single(512)))
    }
    return singleFigures({ parsed, bare, ...runs, peak: platform.peakMegabytes('producer-0') })
  },
}

type SingleRuns = {
  readonly parsed: readonly number[]
  readonly bare: readonly PostLoadResult[]
  readonly few: readonly IngestRun[]
  readonly many: readonly IngestRun[]
  /** Megabytes. */
  readonly peak: number
}

function singleFigures({ parsed, bare, peak, ...runs }: SingleRuns): Figure[] {
  const limit = median(bare.map(({ requestsPerSecond }) => requestsPerSecond))
  const few = medianWithSpread(runs.few.map(({ requestsPerSecond }) => requestsPerSecond))
  const many = medianWithSpread(runs.many.map(({ requestsPerSecond }) => requestsPerSecond))
  const slow = medianWithSpread(runs.few.map(({ p99 }) => p99))
  const unit = 'requests/s'
  const name = 'ingest-single'
  return [
    {
      name,
      ...few,
      unit,
      limit,
      bar: '≥ 0.8 of the bare line with Kafka',
      met: few.value >= 0.8 * limit,
      note: `64 connections; bare without Kafka ${Math.round(median(parsed))}; ${describeCores(runs.few)}`,
    },
    { name: `${name}, 512 connections`, ...many, unit, limit, note: describeCores(runs.many) },
    {
      name: `${name}, p99`,
      ...slow,
      unit: 'ms',
      limit: median(bare.map(({ p99 }) => p99)),
      bar: `≤ ${maxP99Ms} ms`,
      met: slow.value <= maxP99Ms,
      note: '64 connections',
    },
    {
      name: `${name}, memory`,
      value: peak,
      unit: 'MB',
      bar: `< ${maxMegabytes} MB`,
      met: peak < maxMegabytes,
    },
    ...refusedFigures(name, [...runs.few, ...runs.many]),
  ]
}

export const ingestBatch: Bench = {
  name: 'ingest-batch',
  description: `${batchSize} readings per POST, as an array and as lines`,
  measure: async (context) => {
    await using platform = await context.open()
    await platform.startServices('producer-0')
    const figures: Figure[] = []
    for (const [label, shape] of [
      ['arrays', array],
      ['lines', lines],
    ] as const) {
      const bare: number[] = []
      const runs: IngestRun[] = []
      for (let run = 1; run <= context.runs; run += 1) {
        context.printProgress(`${label}: run ${run} of ${context.runs}`)
        bare.push((await loadBare(platform, context, { shape })).acceptedPerSecond)
        runs.push(await loadProducer(platform, context, shape))
      }
      const rate = medianWithSpread(runs.map(({ acceptedPerSecond }) => acceptedPerSecond))
      const name = `ingest-batch, ${label}`
      figures.push(
        {
          name,
          ...rate,
          unit: 'readings/s',
          limit: median(bare),
          bar: `≥ ${minBatchReadingsPerSecond / 1000} k/s`,
          met: rate.value >= minBatchReadingsPerSecond,
          note: `limit line: parse only; ${describeCores(runs)}`,
        },
        ...refusedFigures(name, runs),
      )
    }
    return figures
  },
}

export const ingestScale: Bench = {
  name: 'ingest-scale',
  description: 'single readings, with one producer and with two',
  measure: async (context) => {
    await using platform = await context.open('producer.instances=2')
    await platform.startServices('producer-0', 'producer-1')
    const one: number[] = []
    const two: number[] = []
    const cores: number[] = []
    for (let run = 1; run <= context.runs; run += 1) {
      context.printProgress(`run ${run} of ${context.runs}`)
      one.push((await loadProducer(platform, context, single(64))).requestsPerSecond)
      const both = await Promise.all(
        [0, 1].map((instance) => loadProducer(platform, context, { ...single(64), instance })),
      )
      two.push(both.reduce((sum, { requestsPerSecond }) => sum + requestsPerSecond, 0))
      cores.push(both.reduce((sum, run) => sum + run.producerCores + run.cores, 0))
    }
    const limit = median(one)
    const rate = medianWithSpread(two)
    const note = `two producers and two clients took ${median(cores).toFixed(2)} cores`
    return [
      {
        name: 'ingest-scale',
        ...rate,
        unit: 'requests/s',
        limit,
        bar: '≥ 1.5 of one producer',
        met: rate.value >= 1.5 * limit,
        note,
      },
    ]
  },
}

function describeCores(runs: readonly IngestRun[]): string {
  const producer = median(runs.map(({ producerCores }) => producerCores))
  const client = median(runs.map(({ cores }) => cores))
  return `cores: producer ${producer.toFixed(2)}, client ${client.toFixed(2)}`
}

/** A failed figure if not every request was answered with 202. */
export function refusedFigures(name: string, runs: readonly PostLoadResult[]): Figure[] {
  const refused = runs.reduce((sum, run) => sum + run.refused, 0)
  if (refused === 0) return []
  return [{ name: `${name}, not accepted`, value: refused, unit: 'requests', bar: '0', met: false }]
}

let sent = 0

/** The order for the client of one run. Every run has different readings. */
export function loadOrder(
  { isQuick }: Pick<BenchContext, 'isQuick'>,
  shape: Shape,
  port: number,
): PostLoadOrder {
  const first = sent
  sent += 10_000_000
  // Recorded from 25 days ago on: the load sends these vehicles' readings faster than in real time.
  const begin = Date.now() * 1000 - 25 * microsecondsPerDay
  const times = isQuick ? { warmUp: 1, seconds: 2 } : { warmUp: 3, seconds: 10 }
  return { ...shape, ...times, port, path: '/events', first, begin }
}

async function loadProducer(
  platform: BenchPlatform,
  context: BenchContext,
  { instance = 0, ...shape }: Shape & { readonly instance?: number },
): Promise<IngestRun> {
  const { config } = platform
  const name = `producer-${instance}`
  const order = {
    ...loadOrder(context, shape, producerPort(config, instance)),
    path: config.ingress.path,
  }
  const before = { at: performance.now(), cpu: platform.usage(name) }
  const result = await runProgram<PostLoadResult>('post-load', order, context.signal)
  const seconds = (performance.now() - before.at) / 1000
  return { ...result, producerCores: (platform.usage(name) - before.cpu) / seconds }
}

type BareLine = { readonly shape: Shape; readonly appends?: boolean }

/** Sends the same load to the bare program for the limit line. */
async function loadBare(
  { kafka }: BenchPlatform,
  context: BenchContext,
  { shape, appends = false }: BareLine,
): Promise<PostLoadResult> {
  const port = await freeRun(1)
  const appended = { connection: toConnection(kafka), topic: kafka.topic }
  const order: BareIngestOrder = { port, ...(appends && { kafka: appended }) }
  const server = new RunningProgram('bare-ingest', order)
  try {
    while (!(await isAnswering(port))) await sleep(50, context.signal)
    return await runProgram('post-load', loadOrder(context, shape, port), context.signal)
  } finally {
    server.kill()
    await server.ended
  }
}

async function isAnswering(port: number): Promise<boolean> {
  try {
    const body = JSON.stringify({ vin: 'BARE' })
    return (await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', body })).ok
  } catch {
    return false
  }
}
