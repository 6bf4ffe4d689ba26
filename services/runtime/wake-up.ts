import { sleep } from './retry.ts'

/** A pause that another part of the process can end early. */
export class WakeUp {
  #isCalled = false
  #pause = new AbortController()

  /** Ends the present pause. Without one the next pause ends at once. */
  call(): void {
    this.#isCalled = true
    this.#pause.abort()
  }

  /** Resolves after `delayMs`, after a call, or when the signal aborts. */
  async sleep(delayMs: number, signal: AbortSignal): Promise<void> {
    if (!this.#isCalled && !signal.aborted) {
      const pause = (this.#pause = new AbortController())
      const end = (): void => {
        pause.abort()
      }
      signal.addEventListener('abort', end)
      await sleep(delayMs, pause.signal)
      signal.removeEventListener('abort', end)
    }
    this.#isCalled = false
  }
}
