const tickMs = 5_000
const timeoutTicks = 24

/**
 * Calls `onTimeout` if `reset` was not called for two minutes. Counts timer ticks instead of
 * elapsed time, so that time in which the process is frozen does not count.
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
