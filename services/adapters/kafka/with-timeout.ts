/** A call to kafkajs has not settled in its time: the client is of no more use. */
export class TimeoutError extends Error {
  readonly code = 'NEVER_SETTLED'
  constructor(milliseconds: number) {
    super(`The Kafka client has not settled a call within ${milliseconds / 1000} s.`)
    this.name = 'NeverSettledError'
  }
}

/** What the call gives; rejects with a NeverSettledError when it takes longer. */
export async function withTimeout<T>(call: Promise<T>, milliseconds: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const tooLong = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new TimeoutError(milliseconds))
    }, milliseconds)
  })
  try {
    return await Promise.race([call, tooLong])
  } finally {
    clearTimeout(timer)
  }
}
