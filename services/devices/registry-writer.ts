import type { ClosableKafka } from '../adapters/kafka/closable-kafka.ts'
import { KafkaRecordAppender } from '../adapters/kafka/writing/record-appender.ts'
import type { Logger } from '../runtime/logger.ts'
import { toMicros } from '../telemetry/time.ts'
import type { ChangeRefusal, DeviceChange } from '../telemetry/devices/change-device.ts'
import { changeDevice, repairOf } from '../telemetry/devices/change-device.ts'
import type { Device, KeyAndValue } from '../telemetry/devices/device.ts'
import { encodeDevice } from '../telemetry/devices/device.ts'
import type { RegistryReader } from './registry-reader.ts'

/**
 * What became of a change. `void`: another writer has changed the same device, or taken the id, at the same time.
 * `unknown-outcome`: Kafka did not acknowledge it, or it could not be read back in time.
 */
export type WriteOutcome =
  | { readonly kind: 'stands'; readonly device: Device }
  | { readonly kind: 'refused'; readonly refusal: ChangeRefusal }
  | { readonly kind: 'void' }
  | { readonly kind: 'not-ready' }
  | { readonly kind: 'unknown-outcome' }

type Options = { readonly topic: string; readonly logger: Logger }

/** How long a writer waits until it has read its own record. */
const readBackMs = 10_000

/**
 * Changes devices: appends the whole device, then reads the topic up to this record and says whether it stands.
 * The reader must be started.
 */
export class RegistryWriter implements AsyncDisposable {
  readonly #appender: KafkaRecordAppender
  readonly #reader: RegistryReader

  constructor(kafka: ClosableKafka, reader: RegistryReader, options: Options) {
    this.#appender = new KafkaRecordAppender(kafka, options)
    this.#appender.setPartitions(1)
    this.#reader = reader
  }

  async write(change: DeviceChange): Promise<WriteOutcome> {
    const { registry } = this.#reader
    if (registry === undefined) return { kind: 'not-ready' }
    await this.#repair()
    const changed = changeDevice(registry, change, toMicros(Date.now()))
    if (changed.kind === 'refused') return changed
    const { device } = changed
    const offset = await this.#append(encodeDevice(device))
    if (offset === undefined) return { kind: 'unknown-outcome' }
    const outcome = await this.#reader.outcomeOf(offset, AbortSignal.timeout(readBackMs))
    if (outcome === undefined) return { kind: 'unknown-outcome' }
    if (outcome === 'stands') return { kind: 'stands', device }
    await this.#repair()
    return { kind: 'void' }
  }

  /** Appends the standing record of each vin whose last record is void (`DeviceRegistry.overwritten`). */
  async #repair(): Promise<void> {
    const { registry } = this.#reader
    for (const vin of [...(registry?.overwritten ?? [])])
      if (registry) await this.#append(encodeDevice(repairOf(registry, vin)))
  }

  /** @returns undefined if Kafka did not acknowledge it */
  async #append({ key, value }: KeyAndValue): Promise<number | undefined> {
    const [appended] = await this.#appender.append([{ key, value, headers: {} }])
    return appended?.offset
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#appender[Symbol.asyncDispose]()
  }
}
