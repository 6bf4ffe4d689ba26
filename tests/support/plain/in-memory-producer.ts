import { setTimeout as wait } from 'node:timers/promises'
import { MemoryBudget } from '../../../services/adapters/http/limits/memory-budget.ts'
import type { HandlePlain } from '../../../services/adapters/http/plain/plain-connection.ts'
import type { PlainListener } from '../../../services/adapters/http/plain/plain-requests.ts'
import type { ListenOptions, RunningServer } from '../../../services/adapters/http/server.ts'
import { listen } from '../../../services/adapters/http/server.ts'
import { FailedTokens } from '../../../services/adapters/http/tokens/failed-tokens.ts'
import { TokenCheck } from '../../../services/adapters/http/tokens/token-check.ts'
import type { AccessOptions } from '../../../services/producer/access/access.ts'
import type { AppOptions } from '../../../services/producer/app.ts'
import { plainEvents, producerApp } from '../../../services/producer/app.ts'
import { RecordCollector } from '../../../services/producer/events/collect-records.ts'
import { ClientRateLimit } from '../../../services/producer/limits/client-rate-limit.ts'
import { LagLimit } from '../../../services/producer/limits/lag-limit.ts'
import { requestTimeoutAt } from '../../../services/producer/problems.ts'
import { createProducerMetrics } from '../../../services/producer/producer-metrics.ts'
import type { Logger } from '../../../services/runtime/logger.ts'
import { createRegistry } from '../../../services/runtime/metrics.ts'
import { microsecondsPerDay } from '../../../services/telemetry/reading/reading.ts'
import type { AppendedAt, OutgoingRecord } from '../../../services/telemetry/store-interfaces.ts'
import { aDevice, anAccess, aRegistry } from '../an-access.ts'
import type { LogLine } from '../captured-log.ts'
import { captureLog } from '../captured-log.ts'

export type InMemoryProducerOptions = {
  /** Whether plain requests are answered on the socket. */
  readonly isPlain: boolean
  /** The secret in the PROXY headers. Without it there is no ingress. */
  readonly proxySecret?: string
  readonly access?: Partial<AccessOptions>
  /** How long an append takes; by default it ends at once. */
  readonly appendMs?: number
  /** Memory for pending requests. */
  readonly maxPendingBytes?: number
  /** Makes limits and other parts of one producer. */
  readonly parts?: () => Partial<Pick<AppOptions, 'rateLimit' | 'lagLimit' | 'collector'>>
}

/** All offsets have the same number of digits, so that all answers about as many readings have the same length. */
export const firstOffset = 1_000_000

/** `VAN-12` has a device and a token. */
const registryWithDevice = aRegistry([aDevice()])

/** The HTTP server of a producer, with a list in place of Kafka. */
export class InMemoryProducer implements AsyncDisposable {
  readonly records: OutgoingRecord[] = []
  readonly logLines: LogLine[]
  /** How many requests were answered without `node:http`. */
  plainAnswers = 0
  readonly #metrics = createRegistry('producer')
  readonly #logger: Logger
  readonly #memory: MemoryBudget
  #server: RunningServer | undefined

  private constructor({ maxPendingBytes = 16 * 1024 * 1024 }: InMemoryProducerOptions) {
    const { logger, lines } = captureLog()
    this.#logger = logger
    this.logLines = lines
    this.#memory = new MemoryBudget(maxPendingBytes, 2_000)
  }

  static async start(options: InMemoryProducerOptions): Promise<InMemoryProducer> {
    const producer = new InMemoryProducer(options)
    const app = producer.#appOptions(options)
    const listenOptions: ListenOptions = {
      timeoutProblem: requestTimeoutAt,
      ...(options.isPlain && { plain: producer.#counting(plainEvents(app)) }),
      ...(options.proxySecret !== undefined && { behindIngress: { secret: options.proxySecret } }),
    }
    const address = { host: '127.0.0.1', port: 0 }
    producer.#server = await listen(producerApp(app), address, listenOptions)
    return producer
  }

  get url(): string {
    return `http://127.0.0.1:${this.#server?.port ?? 0}`
  }

  /** The metrics of requests, without those of the process. */
  async metrics(): Promise<string> {
    const text = await this.#metrics.metrics()
    const lines = text.split('\n').filter((line) => line.startsWith('telemetry_'))
    return lines.filter((line) => !line.startsWith('telemetry_topic_')).join('\n')
  }

  /** Whether a request that was read waits for its readings to be appended. */
  get isBusy(): boolean {
    return this.#memory.usedBytes > 0
  }

  #counting({ path, handle }: PlainListener): PlainListener {
    const counting: HandlePlain = (request) => {
      const answer = handle(request)
      if (answer !== undefined) this.plainAnswers += 1
      return answer
    }
    return { path, handle: counting }
  }

  async #append(records: readonly OutgoingRecord[], appendMs: number): Promise<AppendedAt[]> {
    const first = firstOffset + this.records.length
    this.records.push(...records)
    if (appendMs > 0) await wait(appendMs)
    return records.map((_, index) => ({ partition: 0, offset: first + index }))
  }

  #appOptions(options: InMemoryProducerOptions): AppOptions {
    const registry = this.#metrics
    const logger = this.#logger
    const limits = {
      memory: this.#memory,
      rateLimit: new ClientRateLimit(0),
      lagLimit: new LagLimit(0),
    }
    const view = { logId: 1, ranges: [], eventsServed: 0, asOf: 0 }
    const counters = createProducerMetrics(registry, { ...limits, watch: { view } })
    const failedTokens = new FailedTokens({ registry, logger })
    const access = anAccess({
      registry: () => registryWithDevice,
      failedTokens,
      onRefused: counters.onVehicleRefused,
      ...options.access,
    })
    return {
      ...limits,
      ...counters,
      access,
      tokenCheck: new TokenCheck({ token: undefined, failedTokens }),
      collector: new RecordCollector({
        append: (records) => this.#append(records, options.appendMs ?? 0),
      }),
      eventsPath: '/events',
      dashboard: undefined,
      watch: { knownView: view, refresh: () => Promise.resolve(view) },
      receipts: { lookUp: () => Promise.reject(new Error('There is no database.')) },
      retentionMicros: 30 * microsecondsPerDay,
      formOrigin: { latitude: 0, longitude: 0, altitude: 0 },
      logger,
      ...options.parts?.(),
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server?.[Symbol.asyncDispose]()
  }
}
