import { setTimeout as wait } from 'node:timers/promises'
import { manyReadings, postJson } from './http-client.ts'

export const readingsPerPost = 25
const pauseMs = 50

/** Posts small arrays one after another until stopped, and counts the results. */
export function sendTraffic(target: { readonly url: string }, prefix: string) {
  const stopping = new AbortController()
  const acknowledgedPosts: string[] = []
  let refused = 0
  const run = async (): Promise<void> => {
    for (let round = 0; !stopping.signal.aborted; round += 1) {
      const post = `${prefix}-${round}`
      const readings = manyReadings(readingsPerPost, post)
      // A broken connection counts as refused too.
      const answer = await postJson(target, readings).catch(() => undefined)
      if (answer?.status === 202) acknowledgedPosts.push(post)
      else refused += 1
      await wait(pauseMs)
    }
  }
  const running = run()
  const stop = async (): Promise<void> => {
    stopping.abort()
    await running
  }
  const acknowledged = (): number => acknowledgedPosts.length * readingsPerPost
  return {
    /** Returns the number of readings answered with 202 so far. */
    acknowledged,
    /**
     * Resolves to the number of acknowledged readings and of refused requests, and to the prefix of the vehicles of
     * each acknowledged POST.
     */
    stop: async () => {
      await stop()
      return { acknowledged: acknowledged(), acknowledgedPosts, refused }
    },
    [Symbol.asyncDispose]: stop,
  }
}
