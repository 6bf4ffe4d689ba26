/** Milliseconds between two estimates that no wait on the network explains: a clock was set. */
const clockJumpMs = 5_000

/**
 * The server's time, told from the times in its messages: ages must be right on a machine whose clock
 * is not. A message that waited makes the server look early, so the latest-looking one counts.
 */
export class ServerClock {
  #offsetMs: number | undefined

  /**
   * @param serverNow what the message says
   * @param localNow when it arrived, by this machine's clock; both milliseconds since the Unix epoch
   */
  observe(serverNow: number, localNow: number): void {
    if (!Number.isFinite(serverNow)) return
    const offsetMs = serverNow - localNow
    const last = this.#offsetMs
    const isFirst = last === undefined || Math.abs(offsetMs - last) > clockJumpMs
    this.#offsetMs = isFirst ? offsetMs : Math.max(offsetMs, last)
  }

  /** The server's milliseconds since the Unix epoch when this machine's are `localNow`. */
  at(localNow: number): number {
    return localNow + (this.#offsetMs ?? 0)
  }
}
