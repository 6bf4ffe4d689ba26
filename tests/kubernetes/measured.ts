import { expect } from 'chai'

/** Whether other tests run at the same time (`.ci/run`). Then times are printed and not checked. */
export const isPartOfCi = process.env['AV_TELEMETRY_KUBERNETES_TESTS'] === 'if-built'

/**
 * Runs an action, prints how long it took, and checks it.
 *
 * @param maxSeconds undefined: no limit
 */
export async function timed<T>(
  what: string,
  action: () => Promise<T>,
  maxSeconds = Infinity,
): Promise<T> {
  const since = performance.now()
  const result = await action()
  const seconds = (performance.now() - since) / 1000
  report(`${what} took ${seconds.toFixed(1)} s`)
  if (!isPartOfCi) expect(seconds, what).to.be.below(maxSeconds)
  return result
}

/** Prints a measured figure between the lines of the report. */
export function report(line: string): void {
  process.stdout.write(`        ${line}\n`)
}
