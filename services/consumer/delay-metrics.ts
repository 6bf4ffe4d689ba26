import type { Micros } from '../telemetry/time.ts'
import { Histogram } from 'prom-client'
import type { Registry } from 'prom-client'
import type { DecodedEntry } from '../ledger/batch.ts'
import type { ReceivedReading } from '../telemetry/reading/reading.ts'
import type { TimeOfDay } from '../runtime/clock.ts'

/** One in this many readings is measured. Measuring every reading would take a twelfth of the storing time. */
const sampleEvery = 16
const buckets = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3_600, 86_400]
const sampledNote = `Measured for one in ${sampleEvery} readings, chosen at random.`

/** Measures how long readings take until they are committed. A reading that is sent again counts again. */
export class DelayMetrics {
  readonly #clock: TimeOfDay
  readonly #random: () => number
  readonly #recorded: Histogram
  readonly #received: Histogram
  /** Entries to skip before the next measured one. */
  #entriesToSkip = 0

  constructor(registry: Registry, clock: TimeOfDay, random: () => number = Math.random) {
    this.#clock = clock
    this.#random = random
    const histogram = (name: string, help: string): Histogram =>
      new Histogram({ name, help: `${help} ${sampledNote}`, buckets, registers: [registry] })
    this.#recorded = histogram(
      'telemetry_recorded_to_stored_seconds',
      "Seconds from the recording of a reading, by the vehicle's clock, to its commit.",
    )
    this.#received = histogram(
      'telemetry_received_to_stored_seconds',
      'Seconds from the receipt of a reading by the producer to its commit.',
    )
  }

  /** Call with the entries of each transaction immediately after its commit. */
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

  /** Random with the average `sampleEvery`, so that sampling does not follow the order in which vehicles report. */
  #nextStep(): number {
    return 1 + Math.floor(this.#random() * (2 * sampleEvery - 1))
  }
}

/** At least 0, because the clocks may differ. */
function secondsSince(startMicros: Micros, endMicros: Micros): number {
  return Math.max(0, (endMicros - startMicros) / 1_000_000)
}
