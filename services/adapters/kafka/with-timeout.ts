/** A call to kafkajs has not settled in time. The client must be replaced. */
export class TimeoutError extends Error {
  readonly code = 'NEVER_SETTLED'
  constructor(timeoutMs: number) {
    super(`The Kafka client did not complete a call within ${timeoutMs / 1000} s.`)
    this.name = 'TimeoutError'
  }
}

/** The result of the call. Rejects with a TimeoutError if the call takes longer. */
export async function withTimeout<T>(call: Promise<T>, timeoutMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new TimeoutError(timeoutMs))
    }, timeoutMs)
  })
  try {
    return await Promise.race([call, timeout])
  } finally {
    clearTimeout(timer)
  }
}
