import { setTimeout as wait } from 'node:timers/promises'

export type BackoffOptions = {
  /** Milliseconds of the first pause, before jitter. */
  readonly firstMs: number
  /** Milliseconds no pause exceeds. */
  readonly maxMs: number
  readonly random?: () => number
}

/**
 * Growing, jittered pauses without end, in milliseconds: each between half and all of the last
 * one doubled ("equal jitter", AWS Architecture Blog, Exponential Backoff And Jitter).
 */
export function* backoffPauses(options: BackoffOptions): Generator<number, never> {
  const { firstMs, maxMs, random = Math.random } = options
  for (let base = Math.min(firstMs, maxMs); ; base = Math.min(base * 2, maxMs)) {
    yield Math.round(base * (0.5 + random() / 2))
  }
}

/** Resolves after `milliseconds`, or as soon as `signal` aborts; never rejects. */
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
  /** Told of every failed try. */
  readonly onFailure?: (error: unknown, pauseMs: number) => void
  /** False for what no retry will mend; everything is retried where left out. */
  readonly isOutage?: (error: unknown) => boolean
}

/**
 * The result of the first try that succeeds. Retries for ever; throws the last error when the
 * signal aborts or when it is not an outage.
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
