const tickMs = 5_000
const ticksOfSilence = 24

/**
 * Tells when nothing has been heard for two minutes of the process' own time: while it is frozen
 * no time passes.
 */
export class InactivityWatchdog {
  readonly #timer: NodeJS.Timeout
  #ticks = 0

  constructor(onSilence: (seconds: number) => void) {
    this.#timer = setInterval(() => {
      this.#ticks += 1
      if (this.#ticks === ticksOfSilence) onSilence((ticksOfSilence * tickMs) / 1000)
    }, tickMs).unref()
  }

  readonly touch = (): void => {
    this.#ticks = 0
  }

  end(): void {
    clearInterval(this.#timer)
  }
}
