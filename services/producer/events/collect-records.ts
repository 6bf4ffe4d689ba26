import { growingPauses, sleep } from '../../runtime/retry.ts'
import type { AppendedAt, OutgoingRecord, RecordLog } from '../../telemetry/ports.ts'

/** A record with the bytes it takes in a send. */
export type SizedRecord = { readonly record: OutgoingRecord; readonly bytes: number }

/** All records of one HTTP request: answered together, or not at all. */
type PendingRequest = {
  readonly positions: AppendedAt[]
  readonly deadline: number
  left: number
  readonly resolve: (positions: AppendedAt[]) => void
  readonly reject: (error: Error) => void
}

type Waiting = SizedRecord & { readonly request: PendingRequest; readonly index: number }

/** Not every partition has acknowledged in time. What was not acknowledged may be stored all the same. */
export class NotAcknowledgedError extends Error {
  readonly code = 'NOT_ACKNOWLEDGED'
  constructor() {
    super('Kafka has not acknowledged every reading in time.')
    this.name = 'NotAcknowledgedError'
  }
}

/** Milliseconds for a whole request. */
const acknowledgeWithin = 10_000
/** Together below the broker's limit for one batch (message.max.bytes), even for one partition. */
const bytesPerSend = 768 * 1024
const recordsPerSend = 10_000
const sweepEveryMs = 250

/**
 * Collects the records of concurrent requests while a send is in flight; they leave together in
 * the next one. No timer, no send a message: under load the sends grow, without load none waits.
 */
export class RecordCollector {
  readonly #log: RecordLog
  #queue: Waiting[] = []
  readonly #requests = new Set<PendingRequest>()
  #sending: Promise<void> | undefined
  #sweep: NodeJS.Timeout | undefined

  constructor(log: RecordLog) {
    this.#log = log
  }

  /**
   * The places of the records, in their order, once all are acknowledged.
   *
   * @throws NotAcknowledgedError after ten seconds
   */
  submit(records: readonly SizedRecord[]): Promise<AppendedAt[]> {
    return new Promise((resolve, reject) => {
      const request: PendingRequest = {
        positions: [],
        deadline: performance.now() + acknowledgeWithin,
        left: records.length,
        resolve,
        reject,
      }
      this.#requests.add(request)
      for (const [index, { record, bytes }] of records.entries())
        this.#queue.push({ record, bytes, request, index })
      this.#sweep ??= setInterval(() => {
        this.#giveUpLate()
      }, sweepEveryMs)
      this.#sending ??= this.#sendAll()
    })
  }

  async #sendAll(): Promise<void> {
    const freshPauses = () => growingPauses({ first: 50, longest: 1_000 })
    let pauses = freshPauses()
    // Requests that arrive in the same turn of the loop leave in the same send.
    await Promise.resolve()
    for (let sending = this.#take(); sending.length > 0; sending = this.#take()) {
      const positions = await this.#log.append(sending.map(({ record }) => record))
      const missing = sending.filter((waiting, index) => !settle(waiting, positions[index]))
      for (const { request } of sending) if (request.left === 0) this.#answer(request)
      if (missing.length > 0) {
        this.#queue = [...missing, ...this.#queue]
        await sleep(pauses.next().value)
      } else {
        pauses = freshPauses()
      }
    }
    this.#sending = undefined
  }

  /** The next records to send, without those whose request has been given up. */
  #take(): Waiting[] {
    const taken: Waiting[] = []
    let bytes = 0
    let at = 0
    for (; at < this.#queue.length && taken.length < recordsPerSend; at += 1) {
      const waiting = this.#queue[at]
      if (waiting === undefined || !this.#requests.has(waiting.request)) continue
      if (taken.length > 0 && bytes + waiting.bytes > bytesPerSend) break
      taken.push(waiting)
      bytes += waiting.bytes
    }
    this.#queue = this.#queue.slice(at)
    return taken
  }

  #answer(request: PendingRequest): void {
    if (!this.#requests.delete(request)) return
    request.resolve(request.positions)
    this.#stopSweepWhenIdle()
  }

  #giveUpLate(): void {
    const now = performance.now()
    for (const request of this.#requests) {
      // All have the same time: the first that still has some is followed by none that has not.
      if (request.deadline > now) break
      this.#requests.delete(request)
      request.reject(new NotAcknowledgedError())
    }
    this.#stopSweepWhenIdle()
  }

  #stopSweepWhenIdle(): void {
    if (this.#requests.size > 0) return
    clearInterval(this.#sweep)
    this.#sweep = undefined
  }

  /** Waits until every request has its answer. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#sending
  }
}

function settle({ request, index }: Waiting, position: AppendedAt | undefined): boolean {
  if (position === undefined) return false
  request.positions[index] = position
  request.left -= 1
  return true
}
