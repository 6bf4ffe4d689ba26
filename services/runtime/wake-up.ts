/** A pause that another part of the process can end early. */
export class WakeUp {
  #isCalled = false
  #endPause: (() => void) | undefined

  /** Ends the present pause. Without one the next pause ends at once. */
  call(): void {
    this.#isCalled = true
    this.#endPause?.()
  }

  /** Resolves after `delayMs`, after a call, or when the signal aborts. */
  async sleep(delayMs: number, signal: AbortSignal): Promise<void> {
    if (!this.#isCalled && !signal.aborted) await this.#pause(delayMs, signal)
    this.#isCalled = false
  }

  #pause(delayMs: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer)
        signal.removeEventListener('abort', end)
        if (this.#endPause === end) this.#endPause = undefined
        resolve()
      }
      const timer = setTimeout(end, delayMs)
      signal.addEventListener('abort', end)
      this.#endPause = end
    })
  }
}
