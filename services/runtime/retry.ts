import { setTimeout as wait } from 'node:timers/promises'

export type PauseOptions = {
  /** Milliseconds of the first pause, before jitter. */
  readonly first: number
  /** Milliseconds no pause exceeds. */
  readonly longest: number
  readonly random?: () => number
}

/**
 * Growing, jittered pauses without end, in milliseconds: each between half and all of the last
 * one doubled ("equal jitter", AWS Architecture Blog, Exponential Backoff And Jitter).
 */
export function* growingPauses(options: PauseOptions): Generator<number, never> {
  const { first, longest, random = Math.random } = options
  for (let base = Math.min(first, longest); ; base = Math.min(base * 2, longest)) {
    yield Math.round(base * (0.5 + random() / 2))
  }
}

/** Resolves after `milliseconds`, or as soon as `signal` aborts; never rejects. */
export async function sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted) return
  try {
    await wait(milliseconds, undefined, signal ? { signal } : {})
  } catch (error) {
    if ((error as Error).name !== 'AbortError') throw error
  }
}

export type RetryOptions = PauseOptions & {
  readonly signal: AbortSignal
  /** Told of every failed try. */
  readonly onFailure?: (error: unknown, pause: number) => void
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
  const isOver = (): boolean => signal.aborted
  const pauses = growingPauses(options)
  for (;;) {
    try {
      return await attempt()
    } catch (error) {
      if (isOver() || isOutage?.(error) === false) throw error
      const pause = pauses.next().value
      onFailure?.(error, pause)
      await sleep(pause, signal)
      if (isOver()) throw error
    }
  }
}
