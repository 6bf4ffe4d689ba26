'use strict'
const { writeFileSync } = require('node:fs')
const { relative } = require('node:path')
const { reporters, Runner } = require('mocha')

const { EVENT_RUN_END, EVENT_SUITE_BEGIN, EVENT_SUITE_END } = Runner.constants

/**
 * Mocha's spec report with a final line `N passed, N failed, N skipped`. With the reporter option
 * `times=FILE` it also writes the duration of each test file in seconds, including setup, as JSON.
 */
module.exports = class SummaryReporter extends reporters.Spec {
  constructor(runner, options) {
    super(runner, options)
    const times = timesByFile(runner)
    const { times: timesFile } = options.reporterOptions ?? {}
    runner.once(EVENT_RUN_END, () => {
      const { passes, failures, pending } = this.stats
      process.stdout.write(`${passes} passed, ${failures} failed, ${pending} skipped\n`)
      if (timesFile) writeFileSync(timesFile, JSON.stringify(times))
    })
  }
}

/** The duration of each test file in seconds. The object is filled while the tests run. */
function timesByFile(runner) {
  const times = {}
  let startedAt = 0
  runner.on(EVENT_SUITE_BEGIN, ({ parent }) => {
    if (parent?.root) startedAt = performance.now()
  })
  runner.on(EVENT_SUITE_END, ({ parent, file }) => {
    if (!parent?.root) return
    const name = relative(process.cwd(), file)
    times[name] = (times[name] ?? 0) + (performance.now() - startedAt) / 1000
  })
  return times
}
