import { setTimeout as wait } from 'node:timers/promises'

/** A call to kafkajs has not settled in its time: the client is of no more use. */
export class NeverSettledError extends Error {
  readonly code = 'NEVER_SETTLED'
  readonly retriable = true
  constructor(milliseconds: number) {
    super(`The Kafka client has not settled a call within ${milliseconds / 1000} s.`)
    this.name = 'NeverSettledError'
  }
}

/** What the call gives; rejects with a NeverSettledError when it takes longer. */
export async function inTime<T>(call: Promise<T>, milliseconds: number): Promise<T> {
  const limit = new AbortController()
  const tooLong = wait(milliseconds, undefined, { signal: limit.signal }).then(() => {
    throw new NeverSettledError(milliseconds)
  })
  try {
    return await Promise.race([call, tooLong])
  } finally {
    limit.abort()
    tooLong.catch(() => undefined)
  }
}
