import { hashOfToken, newToken } from '../../../services/devices/device-token.ts'
import { devicesTopicOf } from '../../../services/devices/devices-topic.ts'
import { KafkaRecordAppender } from '../../../services/adapters/kafka/writing/record-appender.ts'
import { createLogger } from '../../../services/runtime/logger.ts'
import { toMicros } from '../../../services/telemetry/time.ts'
import { encodeDevice } from '../../../services/telemetry/devices/device.ts'
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
    const plain: PostLoadResult[] = []
    const withTokens: PostLoadResult[] = []
    for (let run = 1; run <= context.runs; run += 1) {
      context.printProgress(`run ${run} of ${context.runs}`)
      plain.push(await load(platform, context, {}))
      withTokens.push(await load(platform, context, { tokens, vinPrefix: prefix }))
    }
    const peak = platform.peakMegabytes('producer-0')
    return figures({ count, plain, withTokens, readySeconds, peak })
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

function load(
  { config }: BenchPlatform,
  context: BenchContext,
  as: Pick<PostLoadOrder, 'tokens' | 'vinPrefix'>,
): Promise<PostLoadResult> {
  const shape = { connections: 64, form: 'single', size: 1 } as const
  const order = loadOrder(context, shape, config.producer.hostPort)
  const { path } = config.ingress
  return runProgram('post-load', { ...order, ...as, path }, context.signal)
}

type Measured = {
  readonly count: number
  readonly plain: readonly PostLoadResult[]
  readonly withTokens: readonly PostLoadResult[]
  readonly readySeconds: number
  /** Megabytes. */
  readonly peak: number
}

function figures({ count, plain, withTokens, readySeconds, peak }: Measured): Figure[] {
  const ratesOf = (runs: readonly PostLoadResult[]) => runs.map((run) => run.requestsPerSecond)
  const limit = median(ratesOf(plain))
  const rate = medianWithSpread(ratesOf(withTokens))
  const refused = [...plain, ...withTokens].reduce((sum, run) => sum + run.refused, 0)
  return [
    {
      ...{ name: 'devices', ...rate, unit: 'requests/s', limit },
      bar: `≥ ${minRatio} of that without tokens`,
      met: rate.value >= minRatio * limit,
      note: `ratio ${(rate.value / limit).toFixed(3)}; ${count} devices, ${reporting} of them report`,
    },
    { name: 'devices, refused', value: refused, unit: 'requests', bar: '0', met: refused === 0 },
    below('devices, memory', peak, { most: maxMegabytes, unit: 'MB' }),
    below('devices, until ready', readySeconds, { most: maxReadySeconds, unit: 's' }),
  ]
}
