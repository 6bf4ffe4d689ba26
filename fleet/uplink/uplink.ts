import type { Reading } from '../../services/telemetry/reading.ts'
import { encodeReading } from '../../services/telemetry/wire.ts'
import type { Log } from '../../services/runtime/log.ts'
import { errorFields } from '../../services/runtime/log.ts'
import type { Clock } from '../clock.ts'
import type { HttpAnswer, Verdict } from './answer.ts'
import { judge } from './answer.ts'
import type { PostPort } from './http-post.ts'
import type { Journal, JournalEntry } from './journal.ts'
import type { Pauses } from './pauses.ts'
import type { KeepRefused, RefusedReading } from './refused-file.ts'

export type UplinkPorts = {
  readonly post: PostPort
  readonly journal: Journal
  readonly pauses: Pauses
  readonly clock: Clock
  readonly keepRefused?: KeepRefused
  readonly log: Log
}

export type UplinkCounters = {
  /** Readings handed to the uplink: acknowledged + refused + dropped + pending. */
  readonly recorded: number
  /** Readings in POSTs, those sent again counted again. */
  readonly sent: number
  readonly acknowledged: number
  /** Readings refused for good, by the server's code. */
  readonly refused: Readonly<Record<string, number>>
  readonly dropped: number
  readonly pending: number
  readonly lastError?: string
}

/** A batch stays well below what the server takes: 1,000 readings, 1 MiB. */
const batchLimit = { entries: 500, bytes: 512 * 1024 }
export const maxRequestsInFlight = 4

/**
 * Carries the readings of many vehicles to the server.
 *
 * - Readings made while a request is in flight leave together in the next one; a second request
 *   beside it starts only for a full batch.
 * - During an outage one request at a time probes the server, after growing pauses.
 * - The newest readings go first, the backlog behind them; an entry's text never changes.
 * - A batch refused as a whole is halved until the reading to blame stands alone.
 */
export class Uplink {
  readonly #ports: UplinkPorts
  /** Halves of refused batches, to be sent as they are; their entries stay taken. */
  readonly #halves: JournalEntry[][] = []
  readonly #refused = new Map<string, number>()
  readonly #whenEmpty = new Set<() => void>()
  #inFlight = 0
  #isOutage = false
  #isFull = false
  #isClosed = false
  #recorded = 0
  #sent = 0
  #acknowledged = 0
  #lastError: string | undefined

  constructor(ports: UplinkPorts) {
    this.#ports = ports
  }

  get counters(): UplinkCounters {
    const { journal } = this.#ports
    return {
      recorded: this.#recorded,
      sent: this.#sent,
      acknowledged: this.#acknowledged,
      refused: Object.fromEntries(this.#refused),
      dropped: journal.dropped,
      pending: journal.size,
      ...(this.#lastError !== undefined && { lastError: this.#lastError }),
    }
  }

  /** Resolves once the readings are in the journal; from there they are sent. */
  async record(readings: readonly Reading[]): Promise<void> {
    if (readings.length === 0) return
    const { journal, log } = this.#ports
    const droppedBefore = journal.dropped
    await journal.append(readings.map(encodeReading))
    this.#recorded += readings.length
    const isFull = journal.dropped > droppedBefore
    if (isFull && !this.#isFull) log.warn({ pending: journal.size }, 'uplink-journal-full')
    this.#isFull = isFull
    this.#pump()
  }

  /** Resolves when nothing is pending. */
  async empty(): Promise<void> {
    if (this.#ports.journal.size === 0) return
    await new Promise<void>((resolve) => this.#whenEmpty.add(resolve))
  }

  /** Sends what is pending for up to `milliseconds`, then breaks off; gives back what is left. */
  async drain(milliseconds: number): Promise<number> {
    const { clock, journal, pauses, post } = this.#ports
    pauses.cutShort()
    this.#pump()
    let callOff = (): void => undefined
    const timeout = new Promise<void>((resolve) => {
      callOff = clock.after(milliseconds, resolve)
    })
    await Promise.race([this.empty(), timeout])
    callOff()
    this.#isClosed = true
    pauses.end()
    post.close()
    return journal.size
  }

  #pump(): void {
    while (this.#mayPost()) {
      const batch = this.#halves.pop() ?? this.#ports.journal.take(batchLimit)
      if (batch.length === 0) return
      this.#inFlight += 1
      void this.#deliver(batch)
    }
  }

  #mayPost(): boolean {
    if (this.#isClosed || this.#ports.pauses.isPausing) return false
    if (this.#inFlight === 0) return true
    if (this.#isOutage || this.#inFlight >= maxRequestsInFlight) return false
    return this.#halves.length > 0 || this.#ports.journal.waiting >= batchLimit.entries
  }

  async #deliver(batch: readonly JournalEntry[]): Promise<void> {
    const verdict = await this.#post(batch)
    await this.#conclude(batch, verdict)
    this.#inFlight -= 1
    this.#pump()
    if (this.#ports.journal.size > 0) return
    for (const resolve of this.#whenEmpty) resolve()
    this.#whenEmpty.clear()
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
    const refused = batch.flatMap(({ text }, index): RefusedReading[] => {
      const why = refusedByIndex.get(index)
      return why ? [{ ...why, text }] : []
    })
    if (refused.length > 0) await this.#keepRefused(refused)
    this.#acknowledged += batch.length - refused.length
    this.#ports.journal.acknowledge(batch)
  }

  async #keepRefused(refused: readonly RefusedReading[]): Promise<void> {
    const { keepRefused, log } = this.#ports
    for (const { code, detail } of refused) {
      if (!this.#refused.has(code)) log.warn({ code, detail }, 'uplink-reading-refused')
      this.#refused.set(code, (this.#refused.get(code) ?? 0) + 1)
    }
    try {
      await keepRefused?.(refused)
    } catch (error) {
      log.error(errorFields(error), 'uplink-refused-file-failed')
    }
  }

  #beginPause(verdict: Extract<Verdict, { kind: 'try-later' | 'unauthorised' }>): void {
    const { log, pauses } = this.#ports
    const { kind, reason } = verdict
    this.#lastError = reason
    if (this.#isClosed) return
    if (!this.#isOutage && kind === 'unauthorised') log.error({ reason }, 'uplink-unauthorised')
    if (!this.#isOutage && kind === 'try-later') log.warn({ reason }, 'uplink-outage')
    this.#isOutage = true
    const resume = (): void => {
      this.#pump()
    }
    if (kind === 'unauthorised') pauses.begin({ kind: 'longest' }, resume)
    else pauses.begin({ kind: 'asked', retryAfter: verdict.retryAfter }, resume)
  }

  #endOutage(): void {
    if (!this.#isOutage) return
    this.#isOutage = false
    this.#ports.pauses.reset()
    this.#ports.log.info({ pending: this.#ports.journal.size }, 'uplink-recovered')
  }
}
