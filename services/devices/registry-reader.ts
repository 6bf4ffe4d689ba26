import type { ClosableKafka } from '../adapters/kafka/closable-kafka.ts'
import { CompactedTopic } from '../adapters/kafka/compacted/compacted-topic.ts'
import { whenAborted } from '../runtime/abort.ts'
import type { Logger } from '../runtime/logger.ts'
import { errorFields } from '../runtime/logger.ts'
import { backoffPauses, NewReasons, sleep } from '../runtime/retry.ts'
import type { Device } from '../telemetry/devices/device.ts'
import type { RecordOutcome } from '../telemetry/devices/device-registry.ts'
import { DeviceRegistry } from '../telemetry/devices/device-registry.ts'

export type RegistryReaderOptions = {
  readonly topic: string
  readonly logger: Logger
  /** Called after each device that stands, before and after the registry is ready. */
  readonly onDevice?: (device: Device) => void
  /** Called when the end of the topic was read. */
  readonly onRead?: (registry: DeviceRegistry) => void
}

/** What is read of one topic. Another topic with its name begins a new one. */
type Reading = {
  readonly topicId: string | undefined
  readonly registry: DeviceRegistry
  nextOffset: number
}

const backoff = { firstMs: 100, maxMs: 3_000 }
/** How often the id of the topic is compared, in case it was deleted and created again. */
const topicCheckMs = 5_000
/** Outcomes of the latest records, for the writer that waits for its own one. */
const keptOutcomes = 1_000

/**
 * Follows the topic of devices from its beginning. `registry` is undefined until the marker and the end of the
 * topic were read. If the topic is replaced by a new one, the old registry stays until the new one is read.
 */
export class RegistryReader implements AsyncDisposable {
  readonly #topic: CompactedTopic
  readonly #options: RegistryReaderOptions
  readonly #stop = new AbortController()
  readonly #ready = new AbortController()
  readonly #outcomes = new Map<number, RecordOutcome>()
  readonly #waiting = new Set<() => void>()
  #reading: Reading | undefined
  #registry: DeviceRegistry | undefined
  #topicCheckedAt = -Infinity
  #running: Promise<void> = Promise.resolve()
  readonly #reasons = new NewReasons()
  #isIncompleteLogged = false

  constructor(kafka: ClosableKafka, options: RegistryReaderOptions) {
    this.#topic = new CompactedTopic(kafka, options.topic)
    this.#options = options
  }

  /** The devices; undefined before they were read completely. */
  get registry(): DeviceRegistry | undefined {
    return this.#registry
  }

  start(): this {
    this.#running = this.#run()
    return this
  }

  /** Resolves when the registry was read, or when the signal aborts. */
  async whenReady(signal: AbortSignal): Promise<void> {
    await Promise.race([whenAborted(this.#ready.signal), whenAborted(signal)])
  }

  /**
   * What became of the record at an offset. Waits until it was read.
   *
   * @returns undefined if the signal aborts first
   */
  async outcomeOf(offset: number, signal: AbortSignal): Promise<RecordOutcome | undefined> {
    for (;;) {
      const outcome = this.#outcomes.get(offset)
      if (outcome !== undefined || signal.aborted) return outcome
      await this.#nextRead(signal)
    }
  }

  async #nextRead(signal: AbortSignal): Promise<void> {
    const read = new AbortController()
    const wake = (): void => {
      read.abort()
    }
    this.#waiting.add(wake)
    signal.addEventListener('abort', wake)
    await whenAborted(read.signal)
    signal.removeEventListener('abort', wake)
    this.#waiting.delete(wake)
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop
    let pauses = backoffPauses(backoff)
    while (!signal.aborted) {
      try {
        await this.#readOnce()
        if (this.#reasons.clear()) this.#options.logger.info('devices-read-again')
        pauses = backoffPauses(backoff)
      } catch (error) {
        this.#onFailure(error)
        await sleep(pauses.next().value, signal)
      }
    }
  }

  #onFailure(error: unknown): void {
    // The next attempt compares the id of the topic.
    this.#topicCheckedAt = -Infinity
    if (isOutOfRange(error)) this.#reading = undefined
    if (this.#stop.signal.aborted || !this.#reasons.note(error)) return
    this.#options.logger.warn(errorFields(error), 'devices-not-read')
  }

  async #readOnce(): Promise<void> {
    const reading = await this.#currentReading()
    const { registry } = reading
    const { records, nextOffset, endOffset } = await this.#topic.fetch(reading.nextOffset)
    for (const { offset, key, value } of records) {
      const outcome = registry.apply(key, value)
      this.#keepOutcome(offset, outcome)
      if (outcome !== 'stands') this.#options.logger.warn({ offset, outcome }, 'device-record-void')
      else if (this.#options.onDevice) this.#tellDevice(registry, key)
    }
    reading.nextOffset = nextOffset
    if (nextOffset >= endOffset) this.#atEnd(registry)
    for (const wake of [...this.#waiting]) wake()
  }

  #tellDevice(registry: DeviceRegistry, key: string): void {
    const device = registry.record(key)
    if (device !== undefined) this.#options.onDevice?.(device)
  }

  #keepOutcome(offset: number, outcome: RecordOutcome): void {
    this.#outcomes.set(offset, outcome)
    const [oldest] = this.#outcomes.keys()
    if (this.#outcomes.size > keptOutcomes && oldest !== undefined) this.#outcomes.delete(oldest)
  }

  #atEnd(registry: DeviceRegistry): void {
    if (registry.isComplete) {
      if (this.#registry !== registry) {
        const { size: devices, marker } = registry
        this.#options.logger.info({ devices, registry: marker?.registryId }, 'devices-read')
      }
      this.#registry = registry
      this.#ready.abort()
      this.#options.onRead?.(registry)
    } else if (!this.#isIncompleteLogged) {
      this.#isIncompleteLogged = true
      const { size: devices, marker } = registry
      const advice =
        'Start the platform again: the start writes the missing devices into the topic.'
      const fields = { devices, expected: marker?.count, topic: this.#options.topic, advice }
      this.#options.logger.error(fields, 'devices-incomplete')
    }
  }

  async #currentReading(): Promise<Reading> {
    const now = performance.now()
    if (this.#reading === undefined || now - this.#topicCheckedAt >= topicCheckMs) {
      const topicId = await this.#topic.topicId()
      if (this.#reading === undefined || this.#reading.topicId !== topicId) {
        this.#reading = { topicId, registry: new DeviceRegistry(), nextOffset: 0 }
        this.#outcomes.clear()
        this.#isIncompleteLogged = false
      }
      this.#topicCheckedAt = now
    }
    return this.#reading
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    await this.#topic[Symbol.asyncDispose]()
    await this.#running
  }
}

/** Whether the topic ends before the offset: it was deleted and created again. */
function isOutOfRange(error: unknown): boolean {
  return (error as { type?: unknown }).type === 'OFFSET_OUT_OF_RANGE'
}
