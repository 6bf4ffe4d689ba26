/** A call to kafkajs has not settled in its time: the client is of no more use. */
export class TimeoutError extends Error {
  readonly code = 'NEVER_SETTLED'
  constructor(timeoutMs: number) {
    super(`The Kafka client has not settled a call within ${timeoutMs / 1000} s.`)
    this.name = 'NeverSettledError'
  }
}

/** What the call gives; rejects with a NeverSettledError when it takes longer. */
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
