import { setTimeout as wait } from 'node:timers/promises'

/**
 * Calls `check` every 50 ms until it returns a value other than undefined or false, and returns that
 * value. A rejection counts as "not yet".
 *
 * @param condition describes what is awaited; part of the error message after a timeout
 */
export async function until<T>(
  condition: string | (() => string),
  check: () => Promise<T | undefined | false> | T | undefined | false,
  timeoutSeconds = 60,
): Promise<T> {
  const deadline = Date.now() + timeoutSeconds * 1000
  let last: unknown
  for (;;) {
    try {
      const value = await check()
      if (value !== undefined && value !== false) return value
      last = value
    } catch (error) {
      last = error
    }
    if (Date.now() > deadline) {
      const text = typeof condition === 'string' ? condition : condition()
      throw new Error(`Timed out after ${timeoutSeconds} s: ${text} (last: ${String(last)})`)
    }
    await wait(50)
  }
}

/**
 * Waits until `count` returns exactly `expected`. After a timeout the error contains the last
 * count.
 */
export async function untilCount(
  description: string,
  count: () => Promise<number>,
  expected: number,
): Promise<void> {
  let current = NaN
  const isExpected = async (): Promise<boolean> => {
    current = await count()
    return current === expected
  }
  await until(() => `${description}: ${current} of ${expected}`, isExpected)
}
