import { setTimeout as wait } from 'node:timers/promises'
import { manyReadings, postJson } from './http-client.ts'

const readingsPerPost = 25
const pauseMs = 50

/** Posts small arrays one after another until stopped, and counts the results. */
export function sendTraffic(target: { readonly url: string }, prefix: string) {
  const stopping = new AbortController()
  let acknowledged = 0
  let refused = 0
  const run = async (): Promise<void> => {
    for (let round = 0; !stopping.signal.aborted; round += 1) {
      const readings = manyReadings(readingsPerPost, `${prefix}-${round}`)
      // A broken connection counts as refused too.
      const answer = await postJson(target, readings).catch(() => undefined)
      if (answer?.status === 202) acknowledged += readingsPerPost
      else refused += 1
      await wait(pauseMs)
    }
  }
  const running = run()
  const stop = async (): Promise<void> => {
    stopping.abort()
    await running
  }
  return {
    /** Returns the number of readings answered with 202 so far. */
    acknowledged: () => acknowledged,
    /** Resolves to the number of acknowledged readings and of refused requests. */
    stop: async () => {
      await stop()
      return { acknowledged, refused }
    },
    [Symbol.asyncDispose]: stop,
  }
}
