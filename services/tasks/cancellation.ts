/**
 * A request to end some work, with at most one listener. It costs much less than an `AbortController`, of
 * which a worker would need thousands a second.
 */
export class Cancellation {
  #isRequested = false
  #reason: unknown
  #listener: (() => void) | undefined
  #controller: AbortController | undefined

  get isRequested(): boolean {
    return this.#isRequested
  }

  /** What `request` was called with. */
  get reason(): unknown {
    return this.#reason
  }

  /** The same request for code that expects a signal. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController()
      if (this.#isRequested) this.#controller.abort(this.#reason)
    }
    return this.#controller.signal
  }

  /** Only the first call has an effect. */
  request(reason?: unknown): void {
    if (this.#isRequested) return
    this.#isRequested = true
    this.#reason = reason
    this.#controller?.abort(reason)
    this.#listener?.()
  }

  /** @param listener called by a later `request`, in place of an earlier listener; undefined: none */
  listen(listener: (() => void) | undefined): void {
    this.#listener = listener
  }
}
