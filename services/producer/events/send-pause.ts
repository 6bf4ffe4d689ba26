/** The pause ends when this many requests wait: then a send is large enough. */
const enoughRequests = 48
/** A send of this many records is large enough too, e.g. of arrays of readings. */
const enoughRecords = 100
const longestPauseMs = 10
/** The pause ends when no request has arrived for this time. */
const quietMs = 2
/** The most requests at one time are counted over one to two of these periods. */
const periodMs = 250

type Sent = { readonly requests: number; readonly records: number }

/**
 * The pause between two sends, so that a send carries the records of several requests: each send costs the
 * same for Kafka and the consumers, whether it carries one record or a hundred.
 *
 * There is no pause after a send for a single request, so a client that posts one reading after another does
 * not wait, and none after a send of 100 records. The pause ends early when as many requests wait as there were at one time in the last quarter
 * of a second, or when no request has arrived for 2 ms. Then probably all clients wait for their answers, and
 * no further request comes.
 */
export class SendPause {
  /** The most requests at one time, in this period and in the one before. */
  #most = 0
  #mostBefore = 0
  #periodEnd = 0
  #enough = 0
  /** When the last request arrived, or when the pause began if that was later. */
  #lastArrival = 0
  #timer: NodeJS.Timeout | undefined
  #end: (() => void) | undefined

  /** @param waiting the number of requests without an answer, with the new one */
  requestArrived(waiting: number): void {
    this.#lastArrival = performance.now()
    this.#updatePeriod(this.#lastArrival)
    if (waiting > this.#most) this.#most = waiting
    if (waiting >= this.#enough) this.#end?.()
  }

  /**
   * Waits for further requests.
   *
   * @param sent what the last send carried
   * @param waiting the number of requests that wait for the next send
   */
  async afterSend(sent: Sent, waiting: number): Promise<void> {
    const now = performance.now()
    this.#updatePeriod(now)
    this.#enough = Math.min(enoughRequests, Math.max(this.#most, this.#mostBefore))
    if (sent.requests < 2 || sent.records >= enoughRecords || waiting >= this.#enough) return
    this.#lastArrival = now
    await new Promise<void>((resolve) => {
      this.#end = () => {
        clearTimeout(this.#timer)
        this.#end = undefined
        resolve()
      }
      this.#endLater(now + longestPauseMs)
    })
  }

  /** Ends the pause at `latest`, or when no request has arrived for `quietMs`. */
  #endLater(latest: number): void {
    const remainingMs = Math.min(latest, this.#lastArrival + quietMs) - performance.now()
    // A timer may fire up to a millisecond early.
    if (remainingMs <= 0.5) this.#end?.()
    else
      this.#timer = setTimeout(() => {
        this.#endLater(latest)
      }, remainingMs)
  }

  #updatePeriod(now: number): void {
    if (now < this.#periodEnd) return
    this.#mostBefore = now < this.#periodEnd + periodMs ? this.#most : 0
    this.#most = 0
    this.#periodEnd = now + periodMs
  }
}
