import { setTimeout as wait } from 'node:timers/promises'
import type { AppendedAt, OutgoingRecord, RecordLog } from '../../services/telemetry/ports.ts'

const keys = 100
const recordsPerTurn = 40
const pauseMs = 20

/** Where a record is, as a text: partition and offset. */
export const positionText = ({ partition, offset }: AppendedAt): string => `${partition}-${offset}`

/** Appends numbered records until told to stop, and each again that was not acknowledged. */
export class Appender implements AsyncDisposable {
  /** The value of every acknowledged record, by the place that was answered for it. */
  readonly acknowledged = new Map<string, string>()
  readonly #log: RecordLog
  readonly #end = new AbortController()
  readonly #giveUp = new AbortController()
  readonly #running: Promise<void>
  #next = 0

  constructor(log: RecordLog) {
    this.#log = log
    this.#running = this.#run()
  }

  /** Resolves when everything is acknowledged. */
  async stop(): Promise<void> {
    this.#end.abort()
    await this.#running
  }

  /** Ends at once; what is not acknowledged stays so. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#giveUp.abort()
    await this.stop()
  }

  async #run(): Promise<void> {
    let pending: OutgoingRecord[] = []
    const isDone = (): boolean => pending.length === 0 && this.#end.signal.aborted
    while (!isDone() && !this.#giveUp.signal.aborted) {
      if (!this.#end.signal.aborted) pending = [...pending, ...this.#fresh()]
      const places = await this.#log.append(pending)
      pending = pending.filter((record, index) => !this.#note(record, places[index]))
      await wait(pauseMs)
    }
  }

  #note({ value }: OutgoingRecord, place: AppendedAt | undefined): boolean {
    if (place) this.acknowledged.set(positionText(place), value)
    return place !== undefined
  }

  #fresh(): OutgoingRecord[] {
    return Array.from({ length: recordsPerTurn }, () => {
      const number = this.#next++
      return { key: `KEY-${number % keys}`, value: `record ${number}`, headers: {} }
    })
  }
}
