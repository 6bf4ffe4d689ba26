import type { PoolCall } from './pool-call.ts'

/** A call that runs longer holds up the ones behind it, so they are taken back. */
const longMs = 200
/** Time for the answer of a process whose event loop is not blocked. */
const answerMs = 300

/**
 * Takes back the calls that wait behind a long one, so that another process runs them.
 *
 * The process answers with those that had not begun. A handler that blocks the event loop prevents the
 * answer. But then it has not returned since the request was sent, and the process looks at its messages
 * before it begins the next call, so no other call can begin.
 */
export class WaitingCalls {
  readonly #send: (calls: readonly number[]) => void
  #requested: { readonly head: PoolCall; readonly at: number } | undefined
  #isChecking = false

  constructor(send: (calls: readonly number[]) => void) {
    this.#send = send
  }

  /** @param calls the running call, and those behind it */
  request([head, ...behind]: readonly PoolCall[], now: number): void {
    if (head === undefined || behind.length === 0 || this.#requested?.head === head) return
    this.#requested = { head, at: now }
    this.#send(behind.map(({ number }) => number))
  }

  /** @param take called with the calls that will not begin */
  tick(calls: readonly PoolCall[], now: number, take: (calls: readonly PoolCall[]) => void): void {
    const [head] = calls
    if (head?.begunAt === undefined || calls.length === 1) return
    if (now - head.begunAt >= longMs) this.request(calls, now)
    const requested = this.#requested
    if (requested?.head !== head || now - requested.at < answerMs || this.#isChecking) return
    // What the process has written meanwhile is read first: its answer, or that the call has ended.
    this.#isChecking = true
    const behind = calls.slice(1)
    setImmediate(() => {
      this.#isChecking = false
      if (this.#requested === requested) take(behind)
    })
  }

  /** The calls have changed. */
  forget(): void {
    this.#requested = undefined
  }
}
