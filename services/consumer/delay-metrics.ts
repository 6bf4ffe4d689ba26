import { Histogram } from 'prom-client'
import type { Registry } from 'prom-client'
import type { DecodedEntry } from '../ledger/batch.ts'
import type { ReceivedReading } from '../telemetry/reading/reading.ts'
import type { TimeOfDay } from '../runtime/clock.ts'

/** One reading of so many is looked at: to look at each would take a twelfth of the time of storing. */
const sampleEvery = 16
const buckets = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3_600, 86_400]
const sampledNote = `Of one reading in ${sampleEvery}, drawn at random.`

/** How long readings take until their fate is committed. What is sent again counts again. */
export class DelayMetrics {
  readonly #clock: TimeOfDay
  readonly #random: () => number
  readonly #recorded: Histogram
  readonly #received: Histogram
  /** Entries that are passed over until the next one is looked at. */
  #entriesToSkip = 0

  constructor(registry: Registry, clock: TimeOfDay, random: () => number = Math.random) {
    this.#clock = clock
    this.#random = random
    const histogram = (name: string, help: string): Histogram =>
      new Histogram({ name, help: `${help} ${sampledNote}`, buckets, registers: [registry] })
    this.#recorded = histogram(
      'telemetry_recorded_to_stored_seconds',
      'Seconds from being recorded, by the clock of the vehicle, to being committed.',
    )
    this.#received = histogram(
      'telemetry_received_to_stored_seconds',
      'Seconds from being received by the producer to being committed.',
    )
  }

  /** Told of the entries of each transaction that was committed, as soon as it was. */
  observe(entries: readonly DecodedEntry<ReceivedReading>[]): void {
    const now = this.#clock.now()
    let index = this.#entriesToSkip
    for (; index < entries.length; index += this.#nextStep()) {
      const entry = entries[index]
      if (entry?.kind !== 'row') continue
      const { reading, receivedAt } = entry.row
      this.#recorded.observe(secondsSince(reading.recordedAt, now))
      this.#received.observe(secondsSince(receivedAt, now))
    }
    this.#entriesToSkip = index - entries.length
  }

  /** `oneOf` on average, and in no step with vehicles that report in turn. */
  #nextStep(): number {
    return 1 + Math.floor(this.#random() * (2 * sampleEvery - 1))
  }
}

/** Not below nought: clocks differ. */
function secondsSince(startMicros: number, endMicros: number): number {
  return Math.max(0, (endMicros - startMicros) / 1_000_000)
}
