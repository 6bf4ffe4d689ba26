import { setTimeout as wait } from 'node:timers/promises'
import type { Logger } from './logger.ts'
import { errorFields } from './logger.ts'

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

/** More reasons in a row of failures are not logged. */
const maxReasons = 20

/**
 * Finds the failures of repeated attempts that are worth a log line: each reason once, until an attempt succeeds.
 * The reason is that of the innermost cause. Two reasons are the same if they differ only in large numbers, like a
 * port or an offset, or only in the file or address of a failed system call.
 */
export class NewReasons {
  readonly #noted = new Set<string>()

  /** Whether the last attempt failed. */
  get isFailing(): boolean {
    return this.#noted.size > 0
  }

  /** Notes a failed attempt. Returns whether its reason is new. */
  note(error: unknown): boolean {
    const reason = reasonOf(error)
    if (this.#noted.has(reason) || this.#noted.size >= maxReasons) return false
    this.#noted.add(reason)
    return true
  }

  /** Notes a successful attempt. Returns whether the attempt before it failed. */
  clear(): boolean {
    const wasFailing = this.isFailing
    this.#noted.clear()
    return wasFailing
  }
}

/** An `onFailure` of `retryForever` that logs each reason once as a warning. */
export function warnOfReasons(logger: Logger, event: string): (error: unknown) => void {
  const reasons = new NewReasons()
  return (error) => {
    if (reasons.note(error)) logger.warn(errorFields(error), event)
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof Error && error.cause instanceof Error) return reasonOf(error.cause)
  const { code, syscall } = Object(error) as { readonly code?: unknown; readonly syscall?: unknown }
  if (typeof code === 'string' && typeof syscall === 'string') return `${code} ${syscall}`
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  return `${typeof code === 'string' ? code : ''} ${text.replace(/\d{4,}/g, '#')}`
}
