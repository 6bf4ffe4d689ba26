import type { Logger } from '../../services/runtime/logger.ts'
import { errorFields } from '../../services/runtime/logger.ts'
import type { Clock } from '../../services/runtime/clock.ts'
import type { BatchLimit, Journal, JournalEntry, JournalReading } from '../uplink/journal.ts'
import type { DiskQueue } from './disk-queue.ts'
import { inGroups } from './groups.ts'
import type { KnownSequences } from './known-sequences.ts'
import { MemoryJournal } from './memory-journal.ts'
import type { Sequences } from './sequences.ts'

export type DurableJournalPorts = {
  readonly disk: DiskQueue
  readonly sequences: Sequences
  readonly known: KnownSequences
  readonly release: () => void
  readonly clock: Clock
  readonly logger: Logger
}

/** In readings; about 20 MB. */
export const memoryCapacity = 50_000
/** Microseconds between two tries to get back to the disk. */
const retryAfter = 1_000_000
/** What is taken from memory to the disk. */
const everything = { entries: Infinity, bytes: Infinity }

/**
 * A journal that survives the end of the process and of the machine: a reading is on the disk
 * before it can be taken. While the disk takes nothing, readings wait in memory; the next process
 * then goes on with sequences of which it is sure.
 */
export class DurableJournal implements Journal {
  readonly #ports: DurableJournalPorts
  readonly #memory = new MemoryJournal(memoryCapacity)
  #isOnDisk = true
  /** By the clock's elapsed time. */
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

  /** Brings what waits in memory to the disk, if there is room, and lets go of the files. */
  async close(): Promise<void> {
    await this.#lastAppend
    this.#nextTry = 0
    if (this.#memory.waiting > 0) await this.append([])
    this.#ports.disk.close()
    this.#ports.release()
  }

  async #append(readings: readonly JournalReading[]): Promise<void> {
    const { clock, sequences } = this.#ports
    if (this.#isOnDisk || clock.elapsed() >= this.#nextTry) await this.#appendToDisk(readings)
    else await this.#memory.append(readings)
    for (const { vin, sequence } of readings) sequences.use(vin, sequence)
  }

  async #appendToDisk(readings: readonly JournalReading[]): Promise<void> {
    const { disk } = this.#ports
    const unsaved = this.#memory.take(everything)
    try {
      for (const group of inGroups(unsaved, disk.segmentBytes)) {
        await disk.append(group)
        this.#memory.acknowledge(group)
      }
      if (readings.length > 0) await disk.append(readings)
      this.#enterDisk()
    } catch (error) {
      this.#leaveDisk(error)
      // The memory knows only those that are not on the disk.
      this.#memory.giveBack(unsaved)
      await this.#memory.append(readings)
    }
  }

  #enterDisk(): void {
    const { disk, known, logger } = this.#ports
    known.say(true)
    if (this.#isOnDisk) return
    this.#isOnDisk = true
    logger.info({ pending: disk.size }, 'uplink-journal-on-disk')
  }

  #leaveDisk(error: unknown): void {
    const { clock, known, logger } = this.#ports
    this.#nextTry = clock.elapsed() + retryAfter
    if (!this.#isOnDisk) return
    this.#isOnDisk = false
    known.say(false)
    const reason = 'Readings are kept in memory alone until the journal can be written again.'
    logger.error({ ...errorFields(error), reason }, 'uplink-journal-in-memory')
  }
}
