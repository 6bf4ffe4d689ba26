import { setTimeout as wait } from 'node:timers/promises'

/**
 * The first value of `look` that is neither undefined nor false; what rejects counts as not yet.
 *
 * @param what named in the error when it does not come in time, as it is then
 */
export async function until<T>(
  what: string | (() => string),
  look: () => Promise<T | undefined | false> | T | undefined | false,
  seconds = 30,
): Promise<T> {
  const deadline = Date.now() + seconds * 1000
  let last: unknown
  for (;;) {
    try {
      const value = await look()
      if (value !== undefined && value !== false) return value
      last = value
    } catch (error) {
      last = error
    }
    if (Date.now() > deadline) {
      const missing = typeof what === 'string' ? what : what()
      throw new Error(`not in ${seconds} s: ${missing} (last: ${String(last)})`)
    }
    await wait(50)
  }
}

/** Waits until there are so many, no more and no fewer; the error says how many there were. */
export async function untilCount(
  what: string,
  count: () => Promise<number>,
  wanted: number,
): Promise<void> {
  let found = NaN
  const isWanted = async (): Promise<boolean> => {
    found = await count()
    return found === wanted
  }
  await until(() => `${what}: ${found} of ${wanted}`, isWanted)
}
