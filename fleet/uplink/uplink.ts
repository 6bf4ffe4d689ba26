import type { Reading } from '../../services/telemetry/reading/reading.ts'
import { encodeReading } from '../../services/telemetry/reading/wire.ts'
import type { Logger } from '../../services/runtime/logger.ts'
import { errorFields } from '../../services/runtime/logger.ts'
import { NewReasons } from '../../services/runtime/retry.ts'
import type { Clock } from '../../services/runtime/clock.ts'
import type { HttpResponse, Verdict } from './response.ts'
import { classifyResponse } from './response.ts'
import type { UplinkCounters } from './counters.ts'
import type { PostPort } from './http-post.ts'
import type { Journal, JournalEntry, JournalReading } from './journal.ts'
import type { RetryPause } from './retry-pause.ts'
import type { RefusedEntry } from './refusal-recorder.ts'
import { RefusalRecorder } from './refusal-recorder.ts'
import type { WriteRefused } from './refused-file.ts'

export type UplinkPorts = {
  readonly post: PostPort
  /** Rate limit of the backlog, in readings a second. */
  readonly backlogPerSecond: number
  readonly journal: Journal
  readonly retryPause: RetryPause
  readonly clock: Clock
  readonly writeRefused?: WriteRefused
  readonly logger: Logger
}

/** Well below the server's limits of 1,000 readings and 1 MiB. */
const batchLimit = { entries: 500, bytes: 512 * 1024 }
/** Delay before a journal that could not be read is read again. */
const rereadDelayMs = 1_000
const maxLiveRequests = 4
/** One additional request carries the backlog. */
export const maxRequestsInFlight = maxLiveRequests + 1

/**
 * Sends the readings of many vehicles to the server.
 *
 * - Live readings recorded while a request is in flight are sent together in the next request. A
 *   concurrent request starts only for a full batch.
 * - During an outage, one request at a time probes the server, with backoff.
 * - The newest readings are sent first. The backlog is sent in parallel, one request at a time, with
 *   a rate limit. An entry's text never changes.
 * - A batch refused as a whole is split in half until the invalid reading is alone.
 */
export class Uplink {
  readonly #ports: UplinkPorts
  /** Halves of refused batches, sent as they are. Their entries remain taken. */
  readonly #halves: JournalEntry[][] = []
  readonly #refusals: RefusalRecorder
  readonly #deliveries = new Set<Promise<void>>()
  readonly #emptyWaiters = new Set<() => void>()
  #liveRequests = 0
  #isBacklogInFlight = false
  /** Number of waiting entries that are live: recorded since the last outage and not sent yet. */
  #liveWaiting = 0
  /** Elapsed time of the clock before which no backlog is sent. */
  #backlogDueMicros = 0
  #cancelScheduledPump: (() => void) | undefined
  /** Why the server has refused requests since the last one that it accepted. */
  readonly #reasons = new NewReasons()
  #isFull = false
  #isClosed = false
  #isDraining = false
  #recorded = 0
  #sent = 0
  #acknowledged = 0
  #lastError: string | undefined

  constructor(ports: UplinkPorts) {
    this.#ports = ports
    const { journal, writeRefused, logger } = ports
    this.#recorded = journal.size
    this.#refusals = new RefusalRecorder({
      writeRefused,
      settle: (entries) => {
        journal.acknowledge(entries)
      },
      logger,
    })
  }

  /** Sends the entries that an earlier process left in the journal. */
  start(): void {
    this.#pump()
  }

  get counters(): UplinkCounters {
    const { journal } = this.#ports
    return {
      recorded: this.#recorded,
      sent: this.#sent,
      acknowledged: this.#acknowledged,
      refused: this.#refusals.counts,
      dropped: journal.dropped,
      pending: journal.size,
      unsaved: journal.unsaved,
      ...(this.#lastError !== undefined && { lastError: this.#lastError }),
    }
  }

  /** Resolves once the readings are in the journal. They are sent from there. */
  async record(readings: readonly Reading[]): Promise<void> {
    if (readings.length === 0) return
    const { journal, logger } = this.#ports
    const droppedBefore = journal.dropped
    await journal.append(readings.map(toJournalReading))
    this.#recorded += readings.length
    this.#liveWaiting += readings.length
    const isFull = journal.dropped > droppedBefore
    if (isFull && !this.#isFull) logger.warn({ pending: journal.size }, 'uplink-journal-full')
    this.#isFull = isFull
    void this.#refusals.flush().then(() => {
      this.#pumpAndNotify()
    })
  }

  /** Resolves when nothing is pending. */
  async whenEmpty(): Promise<void> {
    if (this.#ports.journal.size === 0) return
    await new Promise<void>((resolve) => this.#emptyWaiters.add(resolve))
  }

  /**
   * Sends pending entries for up to `timeoutMs`, then aborts requests in flight and returns their
   * entries to the journal. Resolves to the number of entries left.
   */
  async drain(timeoutMs: number): Promise<number> {
    const { clock, journal, retryPause, post } = this.#ports
    this.#isDraining = true
    this.#backlogDueMicros = 0
    retryPause.endUnlessRequested()
    this.#pump()
    let cancelTimeout = (): void => undefined
    const timeout = new Promise<void>((resolve) => {
      cancelTimeout = clock.after(timeoutMs, resolve)
    })
    await Promise.race([this.whenEmpty(), timeout])
    cancelTimeout()
    this.#isClosed = true
    this.#cancelScheduledPump?.()
    retryPause.cancel()
    post.close()
    await Promise.all(this.#deliveries)
    journal.giveBack(this.#halves.splice(0).flat())
    return journal.size
  }

  #pump(): void {
    this.#liveWaiting = Math.min(this.#liveWaiting, this.#ports.journal.waiting)
    while (this.#mayPostLive()) {
      // A probe takes any waiting entries: nothing else is sent until it is answered.
      const maxEntries = this.#reasons.isFailing ? batchLimit.entries : this.#liveWaiting
      const batch = this.#halves.pop() ?? this.#take(Math.min(maxEntries, batchLimit.entries))
      if (batch.length === 0) return
      this.#liveRequests += 1
      this.#deliver(batch, () => {
        this.#liveRequests -= 1
      })
    }
    this.#pumpBacklog()
  }

  #mayPostLive(): boolean {
    if (this.#isClosed || this.#ports.retryPause.isPausing) return false
    if (this.#reasons.isFailing) return this.#liveRequests === 0 && !this.#isBacklogInFlight
    if (this.#liveRequests >= maxLiveRequests) return false
    if (this.#halves.length > 0) return true
    return this.#liveWaiting >= (this.#liveRequests === 0 ? 1 : batchLimit.entries)
  }

  #pumpBacklog(): void {
    const { clock, journal, retryPause, backlogPerSecond } = this.#ports
    if (this.#isClosed || retryPause.isPausing) return
    if (this.#reasons.isFailing || this.#isBacklogInFlight) return
    if (journal.waiting <= this.#liveWaiting) return
    const now = clock.elapsed()
    if (now < this.#backlogDueMicros) {
      this.#pumpAfter(Math.ceil((this.#backlogDueMicros - now) / 1000))
      return
    }
    const batch = this.#take(Math.min(batchLimit.entries, Math.ceil(backlogPerSecond)))
    if (batch.length === 0) return
    if (!this.#isDraining)
      this.#backlogDueMicros = now + (batch.length / backlogPerSecond) * 1_000_000
    this.#isBacklogInFlight = true
    this.#deliver(batch, () => {
      this.#isBacklogInFlight = false
    })
  }

  /** Takes the newest waiting entries; none if the journal cannot be read now. */
  #take(entries: number): JournalEntry[] {
    const { journal } = this.#ports
    const batch = journal.take({ ...batchLimit, entries })
    this.#liveWaiting = Math.max(0, this.#liveWaiting - batch.length)
    if (batch.length === 0 && journal.waiting > 0) this.#pumpAfter(rereadDelayMs)
    return batch
  }

  #pumpAfter(delayMs: number): void {
    this.#cancelScheduledPump ??= this.#ports.clock.after(delayMs, () => {
      this.#cancelScheduledPump = undefined
      this.#pump()
    })
  }

  #pumpAndNotify(): void {
    this.#pump()
    if (this.#ports.journal.size > 0) return
    for (const resolve of this.#emptyWaiters) resolve()
    this.#emptyWaiters.clear()
  }

  #deliver(batch: readonly JournalEntry[], onEnd: () => void): void {
    const delivery = this.#post(batch)
      .then((verdict) => this.#applyVerdict(batch, verdict))
      .then(() => {
        this.#deliveries.delete(delivery)
        onEnd()
        this.#pumpAndNotify()
      })
    this.#deliveries.add(delivery)
  }

  async #post(batch: readonly JournalEntry[]): Promise<Verdict> {
    this.#sent += batch.length
    try {
      const body = `[${batch.map(({ text }) => text).join(',')}]`
      const response: HttpResponse = await this.#ports.post.post(body)
      return classifyResponse(response, batch.length)
    } catch (error) {
      return { kind: 'try-later', retryAfterMs: undefined, reason: errorFields(error).error }
    }
  }

  async #applyVerdict(batch: readonly JournalEntry[], verdict: Verdict): Promise<void> {
    switch (verdict.kind) {
      case 'settled':
        this.#endOutage()
        return this.#settle(batch, verdict.refused)
      case 'refused-whole':
        this.#endOutage()
        if (batch.length === 1) return this.#settle(batch, new Map([[0, verdict.refused]]))
        this.#halve(batch)
        return
      case 'try-later':
      case 'unauthorised':
        this.#ports.journal.giveBack(batch)
        this.#beginPause(verdict)
    }
  }

  #halve(batch: readonly JournalEntry[]): void {
    const middle = Math.ceil(batch.length / 2)
    this.#halves.push(batch.slice(0, middle), batch.slice(middle))
  }

  async #settle(
    batch: readonly JournalEntry[],
    refusedByIndex: Extract<Verdict, { kind: 'settled' }>['refused'],
  ): Promise<void> {
    const refused = batch.flatMap((entry, index): RefusedEntry[] => {
      const rejection = refusedByIndex.get(index)
      return rejection ? [{ ...rejection, entry }] : []
    })
    const delivered = batch.filter((_, index) => !refusedByIndex.has(index))
    this.#acknowledged += delivered.length
    this.#ports.journal.acknowledge(delivered)
    if (refused.length > 0) await this.#refusals.add(refused)
  }

  #beginPause(verdict: Extract<Verdict, { kind: 'try-later' | 'unauthorised' }>): void {
    const { logger, retryPause } = this.#ports
    const { kind, reason } = verdict
    this.#lastError = reason
    if (this.#isClosed) return
    if (this.#reasons.note(reason)) {
      if (kind === 'unauthorised') logger.error({ reason }, 'uplink-unauthorised')
      else logger.warn({ reason }, 'uplink-outage')
    }
    const resume = (): void => this.#pump()
    if (kind === 'unauthorised') retryPause.start({ kind: 'maximum' }, resume)
    else retryPause.start({ kind: 'retry', retryAfterMs: verdict.retryAfterMs }, resume)
  }

  #endOutage(): void {
    if (!this.#reasons.clear()) return
    // All entries that waited during the outage are backlog, even the newest.
    this.#liveWaiting = 0
    this.#ports.retryPause.reset()
    this.#ports.logger.info({ pending: this.#ports.journal.size }, 'uplink-recovered')
  }
}

function toJournalReading(reading: Reading): JournalReading {
  return { vin: reading.vin, sequence: reading.sequence, text: encodeReading(reading) }
}
