import { setTimeout as wait } from 'node:timers/promises'
import type {
  AppendedAt,
  OutgoingRecord,
  RecordAppender,
} from '../../services/telemetry/store-interfaces.ts'

const keyCount = 100
const recordsPerRound = 40
const pauseMs = 20

/** A record's position as `PARTITION-OFFSET`. */
export const positionText = ({ partition, offset }: AppendedAt): string => `${partition}-${offset}`

/** Appends numbered records until stopped. Appends unacknowledged records again. */
export class Appender implements AsyncDisposable {
  /** The values of the acknowledged records, by position. */
  readonly acknowledged = new Map<string, string>()
  readonly #log: RecordAppender
  readonly #finish = new AbortController()
  readonly #abandon = new AbortController()
  readonly #running: Promise<void>
  #next = 0

  constructor(log: RecordAppender) {
    this.#log = log
    this.#running = this.#run()
  }

  /** Resolves when every record is acknowledged. */
  async stop(): Promise<void> {
    this.#finish.abort()
    await this.#running
  }

  /** Stops immediately, without waiting for acknowledgements. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#abandon.abort()
    await this.stop()
  }

  async #run(): Promise<void> {
    let pending: OutgoingRecord[] = []
    const isDone = (): boolean => pending.length === 0 && this.#finish.signal.aborted
    while (!isDone() && !this.#abandon.signal.aborted) {
      if (!this.#finish.signal.aborted) pending = [...pending, ...this.#newRecords()]
      const positions = await this.#log.append(pending)
      pending = pending.filter((record, index) => !this.#acknowledge(record, positions[index]))
      await wait(pauseMs)
    }
  }

  /** Returns false if the record was not acknowledged. */
  #acknowledge({ value }: OutgoingRecord, position: AppendedAt | undefined): boolean {
    if (position) this.acknowledged.set(positionText(position), String(value))
    return position !== undefined
  }

  #newRecords(): OutgoingRecord[] {
    return Array.from({ length: recordsPerRound }, () => {
      const number = this.#next++
      return { key: `KEY-${number % keyCount}`, value: `record ${number}`, headers: {} }
    })
  }
}
