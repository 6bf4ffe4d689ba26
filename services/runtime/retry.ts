import { setTimeout as wait } from 'node:timers/promises'

export type BackoffOptions = {
  /** The first pause, before jitter. */
  readonly firstMs: number
  /** The maximum pause. */
  readonly maxMs: number
  readonly random?: () => number
}

/**
 * Endless exponential backoff with jitter, in milliseconds. The base doubles up to `maxMs`; each
 * pause is between half of the base and the base ("equal jitter", AWS Architecture Blog,
 * Exponential Backoff And Jitter).
 */
export function* backoffPauses(options: BackoffOptions): Generator<number, never> {
  const { firstMs, maxMs, random = Math.random } = options
  for (let base = Math.min(firstMs, maxMs); ; base = Math.min(base * 2, maxMs)) {
    yield Math.round(base * (0.5 + random() / 2))
  }
}

/** Resolves after `delayMs`, or as soon as `signal` aborts. Never rejects. */
export async function sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted) return
  try {
    await wait(delayMs, undefined, signal ? { signal } : {})
  } catch (error) {
    if ((error as Error).name !== 'AbortError') throw error
  }
}

export type RetryOptions = BackoffOptions & {
  readonly signal: AbortSignal
  /** Called after every failed attempt that will be repeated. */
  readonly onFailure?: (error: unknown, pauseMs: number) => void
  /** Returns false for an error that a retry cannot fix. By default every error is retried. */
  readonly isOutage?: (error: unknown) => boolean
}

/**
 * Returns the result of the first attempt that succeeds. Retries without limit. Throws the last
 * error when the signal aborts or when the error is not an outage.
 */
export async function retryForever<T>(
  attempt: () => Promise<T>,
  options: RetryOptions,
): Promise<T> {
  const { signal, onFailure, isOutage } = options
  const isAborted = (): boolean => signal.aborted
  const pauses = backoffPauses(options)
  for (;;) {
    try {
      return await attempt()
    } catch (error) {
      if (isAborted() || isOutage?.(error) === false) throw error
      const pauseMs = pauses.next().value
      onFailure?.(error, pauseMs)
      await sleep(pauseMs, signal)
      if (isAborted()) throw error
    }
  }
}
