import type { Logger } from '../../services/runtime/logger.ts'
import { errorFields } from '../../services/runtime/logger.ts'
import type { Clock } from '../../services/runtime/clock.ts'
import type { BatchLimit, Journal, JournalEntry, JournalReading } from '../uplink/journal.ts'
import type { DiskQueue } from './disk-queue.ts'
import { groupByBytes } from './groups.ts'
import type { SequenceMarker } from './sequence-marker.ts'
import { MemoryJournal } from './memory-journal.ts'
import type { Sequences } from './sequences.ts'

export type DurableJournalPorts = {
  readonly disk: DiskQueue
  readonly sequences: Sequences
  readonly sequenceMarker: SequenceMarker
  readonly releaseLock: () => void
  readonly clock: Clock
  readonly logger: Logger
}

/** About 20 MB of memory. */
export const memoryCapacityReadings = 50_000
/** Time between two attempts to write to the disk again. */
const diskRetryMicros = 1_000_000
/** Takes all entries from memory. */
const noLimit = { entries: Infinity, bytes: Infinity }

/**
 * A journal that survives a crash of the process or the machine: a reading is on the disk before it
 * can be taken. While the disk cannot be written, readings wait in memory; the next process then
 * skips to sequences that are certainly unused.
 */
export class DurableJournal implements Journal {
  readonly #ports: DurableJournalPorts
  readonly #memory = new MemoryJournal(memoryCapacityReadings)
  #isOnDisk = true
  /** In elapsed time of the clock. */
  #nextTry = 0
  #lastAppend: Promise<void> = Promise.resolve()

  constructor(ports: DurableJournalPorts) {
    this.#ports = ports
  }

  get waiting(): number {
    return this.#ports.disk.waiting + this.#memory.waiting
  }

  get size(): number {
    return this.#ports.disk.size + this.#memory.size
  }

  get unsaved(): number {
    return this.#memory.size
  }

  get dropped(): number {
    return this.#ports.disk.dropped + this.#memory.dropped
  }

  nextSequence(vin: string): number {
    return this.#ports.sequences.nextOf(vin)
  }

  append(readings: readonly JournalReading[]): Promise<void> {
    this.#lastAppend = this.#lastAppend.then(() => this.#append(readings))
    return this.#lastAppend
  }

  take(limit: BatchLimit): JournalEntry[] {
    const unsaved = this.#memory.take(limit)
    if (unsaved.length > 0) return unsaved
    return this.#ports.disk.take(limit)
  }

  giveBack(entries: readonly JournalEntry[]): void {
    this.#memory.giveBack(entries)
    this.#ports.disk.giveBack(entries)
  }

  acknowledge(entries: readonly JournalEntry[]): void {
    this.#memory.acknowledge(entries)
    this.#ports.disk.acknowledge(entries)
  }

  /** Writes entries in memory to the disk if there is room, and closes the files. */
  async close(): Promise<void> {
    await this.#lastAppend
    this.#nextTry = 0
    if (this.#memory.waiting > 0) await this.append([])
    this.#ports.disk.close()
    this.#ports.releaseLock()
  }

  async #append(readings: readonly JournalReading[]): Promise<void> {
    const { clock, sequences } = this.#ports
    if (this.#isOnDisk || clock.elapsed() >= this.#nextTry) await this.#appendToDisk(readings)
    else await this.#memory.append(readings)
    for (const { vin, sequence } of readings) sequences.markUsed(vin, sequence)
  }

  async #appendToDisk(readings: readonly JournalReading[]): Promise<void> {
    const { disk } = this.#ports
    const unsaved = this.#memory.take(noLimit)
    try {
      for (const group of groupByBytes(unsaved, disk.segmentBytes)) {
        await disk.append(group)
        this.#memory.acknowledge(group)
      }
      if (readings.length > 0) await disk.append(readings)
      this.#onDiskWritten()
    } catch (error) {
      this.#onDiskFailed(error)
      // giveBack() ignores entries that are already on the disk.
      this.#memory.giveBack(unsaved)
      await this.#memory.append(readings)
    }
  }

  #onDiskWritten(): void {
    const { disk, sequenceMarker, logger } = this.#ports
    sequenceMarker.write(true)
    if (this.#isOnDisk) return
    this.#isOnDisk = true
    logger.info({ pending: disk.size }, 'uplink-journal-on-disk')
  }

  #onDiskFailed(error: unknown): void {
    const { clock, sequenceMarker, logger } = this.#ports
    this.#nextTry = clock.elapsed() + diskRetryMicros
    if (!this.#isOnDisk) return
    this.#isOnDisk = false
    sequenceMarker.write(false)
    const reason =
      'The journal cannot be written. Readings are kept only in memory until it can be written again.'
    logger.error({ ...errorFields(error), reason }, 'uplink-journal-in-memory')
  }
}
