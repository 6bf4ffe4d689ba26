const tickMs = 5_000
const timeoutTicks = 24

/**
 * Tells when nothing has been heard for two minutes of the process' own time: while it is frozen
 * no time passes.
 */
export class InactivityWatchdog {
  readonly #timer: NodeJS.Timeout
  #ticks = 0

  constructor(onTimeout: (seconds: number) => void) {
    this.#timer = setInterval(() => {
      this.#ticks += 1
      if (this.#ticks === timeoutTicks) onTimeout((timeoutTicks * tickMs) / 1000)
    }, tickMs).unref()
  }

  readonly reset = (): void => {
    this.#ticks = 0
  }

  stop(): void {
    clearInterval(this.#timer)
  }
}
