import { backoffPauses, sleep } from '../../runtime/retry.ts'
import type {
  AppendedAt,
  OutgoingRecord,
  RecordAppender,
} from '../../telemetry/store-interfaces.ts'
import { SendPause } from './send-pause.ts'

/** A record with its size in a send to Kafka. */
export type SizedRecord = { readonly record: OutgoingRecord; readonly bytes: number }

/** The records of one HTTP request. The request succeeds only when all are acknowledged. */
type PendingRequest = {
  readonly positions: AppendedAt[]
  /** Milliseconds of the monotonic clock. */
  readonly deadline: number
  unacknowledged: number
  readonly resolve: (positions: AppendedAt[]) => void
  readonly reject: (error: Error) => void
}

type QueuedRecord = {
  readonly sized: SizedRecord
  readonly request: PendingRequest
  /** Its index among the records of the request. */
  readonly index: number
}

/**
 * Kafka has not acknowledged every record of a request in time. Such a record may be in the topic
 * nevertheless.
 */
export class NotAcknowledgedError extends Error {
  readonly code = 'NOT_ACKNOWLEDGED'
  constructor() {
    super('Kafka has not acknowledged every reading in time.')
    this.name = 'NotAcknowledgedError'
  }
}

/** For all records of a request together. */
const acknowledgeTimeoutMs = 10_000
/** Below the broker's limit for one batch (message.max.bytes), even if all go to one partition. */
const maxBytesPerSend = 768 * 1024
const maxRecordsPerSend = 10_000
/** How often expired requests are rejected. */
const expiryCheckIntervalMs = 250

/**
 * Batches the records of concurrent requests. While a send is in flight, new records wait and go
 * out together in the next send. After a send for several requests it waits up to 10 ms for more. So without
 * load a record is sent immediately, and under load the sends grow.
 */
export class RecordCollector {
  readonly #recordAppender: RecordAppender
  #queue: QueuedRecord[] = []
  readonly #requests = new Set<PendingRequest>()
  readonly #pause = new SendPause()
  #isSending = false
  #expiryTimer: NodeJS.Timeout | undefined
  #onIdle: () => void = () => undefined

  constructor(recordAppender: RecordAppender) {
    this.#recordAppender = recordAppender
  }

  /**
   * Resolves to the positions of the records, in their order, when all are acknowledged.
   *
   * @throws NotAcknowledgedError after 10 seconds
   */
  submit(records: readonly SizedRecord[]): Promise<AppendedAt[]> {
    return new Promise((resolve, reject) => {
      const request: PendingRequest = {
        positions: new Array<AppendedAt>(records.length),
        deadline: performance.now() + acknowledgeTimeoutMs,
        unacknowledged: records.length,
        resolve,
        reject,
      }
      this.#requests.add(request)
      records.forEach((sized, index) => this.#queue.push({ sized, request, index }))
      this.#pause.requestArrived(this.#requests.size)
      this.#expiryTimer ??= setInterval(() => {
        this.#rejectExpired()
      }, expiryCheckIntervalMs)
      if (!this.#isSending) void this.#sendAll()
    })
  }

  async #sendAll(): Promise<void> {
    this.#isSending = true
    const newBackoff = () => backoffPauses({ firstMs: 50, maxMs: 1_000 })
    let backoff = newBackoff()
    // Requests that arrive in the same event loop turn go out in the same send.
    await Promise.resolve()
    for (let batch = this.#nextBatch(); batch.length > 0; batch = this.#nextBatch()) {
      const isCut = this.#queue.length > 0
      const positions = await this.#recordAppender.append(batch.map(({ sized }) => sized.record))
      const missing = batch.filter((queued, index) => !acknowledge(queued, positions[index]))
      for (const { request } of batch) if (request.unacknowledged === 0) this.#resolve(request)
      if (missing.length > 0) {
        this.#queue = [...missing, ...this.#queue]
        await sleep(backoff.next().value)
      } else {
        backoff = newBackoff()
        const sent = { requests: countRequests(batch), records: batch.length }
        if (!isCut) await this.#pause.afterSend(sent, this.#requests.size)
      }
    }
    this.#isSending = false
  }

  /** Removes the next records to send from the queue. Drops records of rejected requests. */
  #nextBatch(): QueuedRecord[] {
    const batch: QueuedRecord[] = []
    let bytes = 0
    let index = 0
    for (; index < this.#queue.length && batch.length < maxRecordsPerSend; index += 1) {
      const queued = this.#queue[index]
      if (queued === undefined || !this.#requests.has(queued.request)) continue
      if (batch.length > 0 && bytes + queued.sized.bytes > maxBytesPerSend) break
      batch.push(queued)
      bytes += queued.sized.bytes
    }
    this.#queue = this.#queue.slice(index)
    return batch
  }

  #resolve(request: PendingRequest): void {
    if (!this.#requests.delete(request)) return
    request.resolve(request.positions)
    this.#stopTimerWhenIdle()
  }

  #rejectExpired(): void {
    const now = performance.now()
    for (const request of this.#requests) {
      // All requests have the same timeout, so the requests after this one have not expired either.
      if (request.deadline > now) break
      this.#requests.delete(request)
      request.reject(new NotAcknowledgedError())
    }
    this.#stopTimerWhenIdle()
  }

  #stopTimerWhenIdle(): void {
    if (this.#requests.size > 0) return
    clearInterval(this.#expiryTimer)
    this.#expiryTimer = undefined
    this.#onIdle()
  }

  /** Waits until every request is resolved or rejected, but not for a send that no request needs. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#requests.size === 0) return
    await new Promise<void>((resolve) => (this.#onIdle = resolve))
  }
}

function countRequests(batch: readonly QueuedRecord[]): number {
  let count = 0
  for (const [index, { request }] of batch.entries())
    if (request !== batch[index - 1]?.request) count += 1
  return count
}

/** Returns false if the record was not acknowledged. */
function acknowledge({ request, index }: QueuedRecord, position: AppendedAt | undefined): boolean {
  if (position === undefined) return false
  request.positions[index] = position
  request.unacknowledged -= 1
  return true
}
