/** A larger difference between two estimates is not network delay: a clock was set. */
const clockJumpMs = 5_000

/**
 * Estimates the server's time from the times in its messages, so that ages are correct even if the clock
 * of this machine is wrong. A delayed message makes the server's time look too early, so the largest
 * offset is used.
 */
export class ServerClock {
  #offsetMs: number | undefined

  /**
   * @param serverNow the time in the message
   * @param localNow the local time of its arrival; both milliseconds since the Unix epoch
   */
  observe(serverNow: number, localNow: number): void {
    if (!Number.isFinite(serverNow)) return
    const offsetMs = serverNow - localNow
    const last = this.#offsetMs
    const isFirst = last === undefined || Math.abs(offsetMs - last) > clockJumpMs
    this.#offsetMs = isFirst ? offsetMs : Math.max(offsetMs, last)
  }

  /** The server's time at the local time `localNow`; both milliseconds since the Unix epoch. */
  at(localNow: number): number {
    return localNow + (this.#offsetMs ?? 0)
  }
}
