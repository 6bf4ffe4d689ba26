/**
 * A controller that also aborts when an outer signal aborts. Disposing it removes that link.
 *
 * `AbortSignal.any` does the same, but leaks memory in a signal that lives as long as the process:
 * 55 bytes per call on Node 20.20, which is 50 MB a day at ten calls a second.
 */
export class LinkedAbort implements Disposable {
  readonly #own = new AbortController()
  readonly #outer: AbortSignal
  readonly #onAbort = (): void => {
    this.#own.abort(this.#outer.reason)
  }

  constructor(outer: AbortSignal) {
    this.#outer = outer
    if (outer.aborted) this.#onAbort()
    else outer.addEventListener('abort', this.#onAbort)
  }

  get signal(): AbortSignal {
    return this.#own.signal
  }

  abort(reason?: unknown): void {
    this.#own.abort(reason)
  }

  [Symbol.dispose](): void {
    this.#outer.removeEventListener('abort', this.#onAbort)
  }
}

/** Resolves when the signal aborts, or immediately if it has aborted. */
export function whenAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    signal.addEventListener('abort', () => {
      resolve()
    })
  })
}

/**
 * Settles like `work`, or resolves to undefined as soon as the signal aborts; the later outcome of
 * `work` is ignored. `Promise.race` with a promise that lives as long as the process would leak
 * memory in that promise at each call.
 */
export async function unlessAborted<T>(
  work: Promise<T>,
  signal: AbortSignal,
): Promise<T | undefined> {
  let stop: (() => void) | undefined
  const stopped = new Promise<undefined>((resolve) => {
    stop = () => {
      resolve(undefined)
    }
    if (signal.aborted) stop()
    else signal.addEventListener('abort', stop)
  })
  try {
    return await Promise.race([work, stopped])
  } finally {
    if (stop) signal.removeEventListener('abort', stop)
  }
}
