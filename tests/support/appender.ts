import { setTimeout as wait } from 'node:timers/promises'
import type { AppendedAt, OutgoingRecord, RecordLog } from '../../services/telemetry/ports.ts'

const keys = 100
const recordsPerTurn = 40
const pauseMs = 20

/** Where a record is, as a text: partition and offset. */
export const placeOf = ({ partition, offset }: AppendedAt): string => `${partition}-${offset}`

/** Appends numbered records until told to stop, and each again that was not acknowledged. */
export class Appender {
  /** The value of every acknowledged record, by the place that was answered for it. */
  readonly acknowledged = new Map<string, string>()
  readonly #log: RecordLog
  readonly #end = new AbortController()
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

  async #run(): Promise<void> {
    let pending: OutgoingRecord[] = []
    while (pending.length > 0 || !this.#end.signal.aborted) {
      if (!this.#end.signal.aborted) pending = [...pending, ...this.#fresh()]
      const places = await this.#log.append(pending)
      pending = pending.filter((record, index) => !this.#note(record, places[index]))
      await wait(pauseMs)
    }
  }

  #note({ value }: OutgoingRecord, place: AppendedAt | undefined): boolean {
    if (place) this.acknowledged.set(placeOf(place), value)
    return place !== undefined
  }

  #fresh(): OutgoingRecord[] {
    return Array.from({ length: recordsPerTurn }, () => {
      const number = this.#next++
      return { key: `KEY-${number % keys}`, value: `record ${number}`, headers: {} }
    })
  }
}
