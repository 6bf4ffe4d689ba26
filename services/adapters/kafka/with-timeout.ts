/** A call to kafkajs has not settled in time. The client must be replaced. */
export class TimeoutError extends Error {
  readonly code = 'NEVER_SETTLED'
  constructor(timeoutMs: number) {
    super(`The Kafka client did not complete a call within ${timeoutMs / 1000} s.`)
    this.name = 'TimeoutError'
  }
}

/** The client was closed before the call has settled. */
class ClosedError extends Error {
  readonly code = 'CLIENT_CLOSED'
  constructor() {
    super('The Kafka client was closed.')
    this.name = 'ClosedError'
  }
}

/**
 * The result of the call. Rejects with a TimeoutError if the call takes longer, and with a ClosedError
 * when the signal aborts.
 */
export async function withTimeout<T>(
  call: Promise<T>,
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  let onAbort = (): void => undefined
  const interruption = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new TimeoutError(timeoutMs))
    }, timeoutMs)
    onAbort = () => {
      reject(new ClosedError())
    }
    if (signal?.aborted) onAbort()
    signal?.addEventListener('abort', onAbort)
  })
  try {
    return await Promise.race([call, interruption])
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', onAbort)
  }
}
