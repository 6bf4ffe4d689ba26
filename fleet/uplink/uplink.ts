import type { Reading } from '../../services/telemetry/reading/reading.ts'
import { encodeReading } from '../../services/telemetry/reading/wire.ts'
import type { Logger } from '../../services/runtime/logger.ts'
import { errorFields } from '../../services/runtime/logger.ts'
import type { Clock } from '../../services/runtime/clock.ts'
import type { HttpAnswer, Verdict } from './answer.ts'
import { judge } from './answer.ts'
import type { UplinkCounters } from './counters.ts'
import type { PostPort } from './http-post.ts'
import type { Journal, JournalEntry, JournalReading } from './journal.ts'
import type { Pauses } from './pauses.ts'
import type { RefusedEntry } from './refusals.ts'
import { Refusals } from './refusals.ts'
import type { KeepRefused } from './refused-file.ts'

export type UplinkPorts = {
  readonly post: PostPort
  /** Readings of the backlog that may leave in a second, at most. */
  readonly backlogPerSecond: number
  readonly journal: Journal
  readonly pauses: Pauses
  readonly clock: Clock
  readonly keepRefused?: KeepRefused
  readonly logger: Logger
}

/** A batch stays well below what the server takes: 1,000 readings, 1 MiB. */
const batchLimit = { entries: 500, bytes: 512 * 1024 }
/** Milliseconds until a journal that could not be read is asked again. */
const rereadPause = 1_000
const maxLiveRequests = 4
/** One more carries the backlog. */
export const maxRequestsInFlight = maxLiveRequests + 1

/**
 * Carries the readings of many vehicles to the server.
 *
 * - Live readings made while a request is in flight leave together in the next one; a second
 *   request beside it starts only for a full batch.
 * - During an outage one request at a time probes the server, after growing pauses.
 * - The newest readings go first, the backlog behind them: beside the live readings, one request
 *   at a time, at a bounded rate. An entry's text never changes.
 * - A batch refused as a whole is halved until the reading to blame stands alone.
 */
export class Uplink {
  readonly #ports: UplinkPorts
  /** Halves of refused batches, to be sent as they are; their entries stay taken. */
  readonly #halves: JournalEntry[][] = []
  readonly #refusals: Refusals
  readonly #deliveries = new Set<Promise<void>>()
  readonly #whenEmpty = new Set<() => void>()
  #live = 0
  #isBacklogInFlight = false
  /** Of the entries waiting, the newest ones that have not been sent yet. */
  #fresh = 0
  /** The clock's elapsed time before which no backlog leaves. */
  #backlogDue = 0
  #callOffTry: (() => void) | undefined
  #isOutage = false
  #isFull = false
  #isClosed = false
  #isDraining = false
  #recorded = 0
  #sent = 0
  #acknowledged = 0
  #lastError: string | undefined

  constructor(ports: UplinkPorts) {
    this.#ports = ports
    const { journal, keepRefused, logger } = ports
    this.#recorded = journal.size
    this.#refusals = new Refusals({
      keep: keepRefused,
      settle: (entries) => {
        journal.acknowledge(entries)
      },
      logger,
    })
  }

  /** Sends what an earlier process has left. */
  begin(): void {
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

  /** Resolves once the readings are in the journal; from there they are sent. */
  async record(readings: readonly Reading[]): Promise<void> {
    if (readings.length === 0) return
    const { journal, logger } = this.#ports
    const droppedBefore = journal.dropped
    await journal.append(readings.map(toJournalReading))
    this.#recorded += readings.length
    this.#fresh += readings.length
    const isFull = journal.dropped > droppedBefore
    if (isFull && !this.#isFull) logger.warn({ pending: journal.size }, 'uplink-journal-full')
    this.#isFull = isFull
    void this.#refusals.putDown().then(() => {
      this.#next()
    })
  }

  /** Resolves when nothing is pending. */
  async empty(): Promise<void> {
    if (this.#ports.journal.size === 0) return
    await new Promise<void>((resolve) => this.#whenEmpty.add(resolve))
  }

  /**
   * Sends what is pending for up to `milliseconds`, then breaks off, and waits until the journal has
   * back what was under way; gives back how many are left.
   */
  async drain(milliseconds: number): Promise<number> {
    const { clock, journal, pauses, post } = this.#ports
    this.#isDraining = true
    this.#backlogDue = 0
    pauses.cutShort()
    this.#pump()
    let callOff = (): void => undefined
    const timeout = new Promise<void>((resolve) => {
      callOff = clock.after(milliseconds, resolve)
    })
    await Promise.race([this.empty(), timeout])
    callOff()
    this.#isClosed = true
    this.#callOffTry?.()
    pauses.end()
    post.close()
    await Promise.all(this.#deliveries)
    journal.giveBack(this.#halves.splice(0).flat())
    return journal.size
  }

  #pump(): void {
    this.#fresh = Math.min(this.#fresh, this.#ports.journal.waiting)
    while (this.#mayPostLive()) {
      // A probe takes what there is: until it is answered nothing else leaves.
      const most = this.#isOutage ? batchLimit.entries : this.#fresh
      const batch = this.#halves.pop() ?? this.#take(Math.min(most, batchLimit.entries))
      if (batch.length === 0) return
      this.#live += 1
      this.#deliver(batch, () => {
        this.#live -= 1
      })
    }
    this.#pumpBacklog()
  }

  #mayPostLive(): boolean {
    if (this.#isClosed || this.#ports.pauses.isPausing) return false
    if (this.#isOutage) return this.#live === 0 && !this.#isBacklogInFlight
    if (this.#live >= maxLiveRequests) return false
    if (this.#halves.length > 0) return true
    return this.#fresh >= (this.#live === 0 ? 1 : batchLimit.entries)
  }

  #pumpBacklog(): void {
    const { clock, journal, pauses, backlogPerSecond } = this.#ports
    if (this.#isClosed || this.#isOutage || pauses.isPausing || this.#isBacklogInFlight) return
    if (journal.waiting <= this.#fresh) return
    const now = clock.elapsed()
    if (now < this.#backlogDue) {
      this.#tryIn(Math.ceil((this.#backlogDue - now) / 1000))
      return
    }
    const batch = this.#take(Math.min(batchLimit.entries, Math.ceil(backlogPerSecond)))
    if (batch.length === 0) return
    if (!this.#isDraining) this.#backlogDue = now + (batch.length / backlogPerSecond) * 1_000_000
    this.#isBacklogInFlight = true
    this.#deliver(batch, () => {
      this.#isBacklogInFlight = false
    })
  }

  /** The newest that wait; none where the journal cannot be read now. */
  #take(entries: number): JournalEntry[] {
    const { journal } = this.#ports
    const batch = journal.take({ ...batchLimit, entries })
    this.#fresh = Math.max(0, this.#fresh - batch.length)
    if (batch.length === 0 && journal.waiting > 0) this.#tryIn(rereadPause)
    return batch
  }

  #tryIn(milliseconds: number): void {
    this.#callOffTry ??= this.#ports.clock.after(milliseconds, () => {
      this.#callOffTry = undefined
      this.#pump()
    })
  }

  #next(): void {
    this.#pump()
    if (this.#ports.journal.size > 0) return
    for (const resolve of this.#whenEmpty) resolve()
    this.#whenEmpty.clear()
  }

  #deliver(batch: readonly JournalEntry[], onEnd: () => void): void {
    const delivery = this.#post(batch)
      .then((verdict) => this.#conclude(batch, verdict))
      .then(() => {
        this.#deliveries.delete(delivery)
        onEnd()
        this.#next()
      })
    this.#deliveries.add(delivery)
  }

  async #post(batch: readonly JournalEntry[]): Promise<Verdict> {
    this.#sent += batch.length
    try {
      const body = `[${batch.map(({ text }) => text).join(',')}]`
      const answer: HttpAnswer = await this.#ports.post.post(body)
      return judge(answer, batch.length)
    } catch (error) {
      return { kind: 'try-later', retryAfter: undefined, reason: errorFields(error).error }
    }
  }

  async #conclude(batch: readonly JournalEntry[], verdict: Verdict): Promise<void> {
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
      const why = refusedByIndex.get(index)
      return why ? [{ ...why, entry }] : []
    })
    const delivered = batch.filter((_, index) => !refusedByIndex.has(index))
    this.#acknowledged += delivered.length
    this.#ports.journal.acknowledge(delivered)
    if (refused.length > 0) await this.#refusals.add(refused)
  }

  #beginPause(verdict: Extract<Verdict, { kind: 'try-later' | 'unauthorised' }>): void {
    const { logger, pauses } = this.#ports
    const { kind, reason } = verdict
    this.#lastError = reason
    if (this.#isClosed) return
    if (!this.#isOutage && kind === 'unauthorised') logger.error({ reason }, 'uplink-unauthorised')
    if (!this.#isOutage && kind === 'try-later') logger.warn({ reason }, 'uplink-outage')
    this.#isOutage = true
    const resume = (): void => this.#pump()
    if (kind === 'unauthorised') pauses.begin({ kind: 'longest' }, resume)
    else pauses.begin({ kind: 'asked', retryAfter: verdict.retryAfter }, resume)
  }

  #endOutage(): void {
    if (!this.#isOutage) return
    this.#isOutage = false
    // What had to wait is backlog, however new it is.
    this.#fresh = 0
    this.#ports.pauses.reset()
    this.#ports.logger.info({ pending: this.#ports.journal.size }, 'uplink-recovered')
  }
}

function toJournalReading(reading: Reading): JournalReading {
  return { vin: reading.vin, sequence: reading.sequence, text: encodeReading(reading) }
}
