/**
 * Defines tests that run at the same time, for tests that wait most of the time. Each is reported
 * separately. They must not share a service or a file.
 *
 * @param tests by their titles
 */
export function runTogether(tests: Readonly<Record<string, () => Promise<void>>>): void {
  const running = new Map<string, Promise<void>>()

  before(() => {
    for (const [title, test] of Object.entries(tests)) {
      const outcome = test()
      // The test of this title reports the error.
      outcome.catch(() => undefined)
      running.set(title, outcome)
    }
  })

  after(async () => {
    await Promise.allSettled(running.values())
  })

  for (const title of Object.keys(tests)) it(title, () => running.get(title))
}
