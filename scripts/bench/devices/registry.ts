import { hashOfToken, newToken } from '../../../services/devices/device-token.ts'
import { devicesTopicOf } from '../../../services/devices/devices-topic.ts'
import { KafkaRecordAppender } from '../../../services/adapters/kafka/writing/record-appender.ts'
import { createLogger } from '../../../services/runtime/logger.ts'
import { toMicros } from '../../../services/telemetry/time.ts'
import { encodeDevice } from '../../../services/telemetry/devices/device.ts'
import { producerPort } from '../../../infra/topology/addresses.ts'
import { openBrokers } from '../../platform/kafka-queries.ts'
import { vehicles as reporting, vinOf } from '../../workload/readings/numbered-readings.ts'
import type { Bench, BenchContext, Figure } from '../bench.ts'
import { below, median, medianWithSpread } from '../bench.ts'
import type { BenchPlatform } from '../bench-platform.ts'
import { loadOrder } from '../ingest/ingest.ts'
import { runProgram } from '../program.ts'
import type { PostLoadOrder, PostLoadResult } from '../programs/post-load.ts'

const maxMegabytes = 250
const maxReadySeconds = 5
const minRatio = 0.95
const batchSize = 2_000
const prefix = '9DEVICE9'

/** A producer that knows many devices: single readings with the tokens of devices, and without tokens. */
export const deviceRegistry: Bench = {
  name: 'devices',
  description: 'a producer with 100,000 devices: memory, start, and POSTs with their tokens',
  measure: async (context) => {
    const count = context.isQuick ? 10_000 : 100_000
    await using platform = await context.open()
    context.printProgress(`adding ${count} devices`)
    const tokens = await addDevices(platform, count)
    const beganAt = performance.now()
    await platform.startServices('producer-0')
    const readySeconds = (performance.now() - beganAt) / 1_000
    const pairs: Pair[] = []
    const wanted = context.pairs ?? (context.isQuick ? 2 : defaultPairs)
    while (pairs.length < wanted) {
      context.printProgress(`pair ${pairs.length + 1} of ${wanted}`)
      pairs.push(
        await measurePair(platform, context, { tokens, isPlainFirst: pairs.length % 2 === 0 }),
      )
    }
    const peak = platform.peakMegabytes('producer-0')
    return figures({ count, pairs, readySeconds, peak })
  },
}

/** Appends devices to their topic, as provisioning does. Returns the tokens of the vehicles of the load. */
async function addDevices({ kafka }: BenchPlatform, count: number): Promise<string[]> {
  const topic = devicesTopicOf(kafka.topic)
  const options = { topic, logger: createLogger('bench', 'silent') }
  await using appender = new KafkaRecordAppender(openBrokers(kafka), options)
  appender.setPartitions(1)
  const now = toMicros(Date.now())
  const times = { createdAt: now, changedAt: now }
  const tokens: string[] = []
  for (let first = 0; first < count; first += batchSize) {
    const records = Array.from({ length: Math.min(batchSize, count - first) }, (_, index) => {
      const vehicle = first + index
      const token = newToken()
      if (vehicle < reporting) tokens.push(token)
      const ids = { vin: vinOf(vehicle, prefix), name: `Van ${vehicle}`, aliases: [] }
      const tokenHash = hashOfToken(token)
      return encodeDevice({ ...ids, revision: 1, tokenHash, ...times, removed: false })
    })
    const appended = await appender.append(records.map((record) => ({ ...record, headers: {} })))
    if (appended.includes(undefined)) throw new Error('Kafka has not acknowledged all devices.')
  }
  return tokens
}

/** One run: the results of the client, and the CPU time of the producer for each request. */
type Run = PostLoadResult & { readonly cpuMicros: number }

type Pair = { readonly plain: Run; readonly withTokens: Run }

type PairOptions = { readonly tokens: readonly string[]; readonly isPlainFirst: boolean }

/** Both loads directly one after the other, because the machine's speed changes from minute to minute. */
async function measurePair(
  platform: BenchPlatform,
  context: BenchContext,
  { tokens, isPlainFirst }: PairOptions,
): Promise<Pair> {
  const loadWithTokens = () => load(platform, context, { tokens, vinPrefix: prefix })
  if (isPlainFirst) {
    const plain = await load(platform, context, {})
    return { plain, withTokens: await loadWithTokens() }
  }
  const withTokens = await loadWithTokens()
  return { plain: await load(platform, context, {}), withTokens }
}

async function load(
  platform: BenchPlatform,
  context: BenchContext,
  as: Pick<PostLoadOrder, 'tokens' | 'vinPrefix'>,
): Promise<Run> {
  const shape = { connections: 64, form: 'single', size: 1 } as const
  const { config } = platform
  const order = { ...loadOrder(context, shape, producerPort(config)), ...times(context) }
  const before = platform.usage('producer-0')
  const target = { ...order, ...as, path: config.ingress.path }
  const result = await runProgram<PostLoadResult>('post-load', target, context.signal)
  const cpuSeconds = platform.usage('producer-0') - before
  const requests = result.requestsPerSecond * (order.warmUp + order.seconds)
  return { ...result, cpuMicros: (cpuSeconds * 1e6) / requests }
}

/** Many short runs show the ratio better than a few long ones. */
const defaultPairs = 24
const times = ({ isQuick }: BenchContext) =>
  isQuick ? { warmUp: 1, seconds: 2 } : { warmUp: 0.5, seconds: 2 }

type Measured = {
  readonly count: number
  readonly pairs: readonly Pair[]
  readonly readySeconds: number
  /** Megabytes. */
  readonly peak: number
}

function figures({ count, pairs, readySeconds, peak }: Measured): Figure[] {
  const runs = pairs.flatMap(({ plain, withTokens }) => [plain, withTokens])
  const refused = runs.reduce((sum, run) => sum + run.refused, 0)
  const ratio = medianWithSpread(
    pairs.map(({ plain, withTokens }) => withTokens.requestsPerSecond / plain.requestsPerSecond),
  )
  const cpu = median(pairs.map(({ plain, withTokens }) => plain.cpuMicros / withTokens.cpuMicros))
  return [
    {
      name: 'devices',
      ...medianWithSpread(pairs.map(({ withTokens }) => withTokens.requestsPerSecond)),
      unit: 'requests/s',
      limit: median(pairs.map(({ plain }) => plain.requestsPerSecond)),
      note: `limit line: without tokens; ${count} devices, ${reporting} of them report`,
    },
    {
      name: 'devices, ratio of the pairs',
      ...ratio,
      unit: 'of the rate without tokens',
      bar: `≥ ${minRatio}`,
      met: ratio.value >= minRatio,
      note: `${pairs.length} pairs; by the CPU time of the producer ${cpu.toFixed(3)}`,
    },
    { name: 'devices, refused', value: refused, unit: 'requests', bar: '0', met: refused === 0 },
    below('devices, memory', peak, { most: maxMegabytes, unit: 'MB' }),
    below('devices, until ready', readySeconds, { most: maxReadySeconds, unit: 's' }),
  ]
}
