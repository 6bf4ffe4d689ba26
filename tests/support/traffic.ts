import { setTimeout as wait } from 'node:timers/promises'
import { manyReadings, postJson } from './http-client.ts'

const readingsPerPost = 25
const pauseMs = 50

/** Posts small arrays one after another until told to stop, and counts what became of them. */
export function sendTraffic(target: { readonly url: string }, prefix: string) {
  const end = new AbortController()
  let acknowledged = 0
  let refused = 0
  const run = async (): Promise<void> => {
    for (let round = 0; !end.signal.aborted; round += 1) {
      const readings = manyReadings(readingsPerPost, `${prefix}-${round}`)
      // One whose connection breaks is refused as well.
      const answer = await postJson(target, readings).catch(() => undefined)
      if (answer?.status === 202) acknowledged += readingsPerPost
      else refused += 1
      await wait(pauseMs)
    }
  }
  const running = run()
  const stop = async (): Promise<void> => {
    end.abort()
    await running
  }
  return {
    /** Readings answered with 202 so far. */
    acknowledged: () => acknowledged,
    /** Resolves to the readings acknowledged and the posts refused. */
    stop: async () => {
      await stop()
      return { acknowledged, refused }
    },
    [Symbol.asyncDispose]: stop,
  }
}
