'use strict'
const { writeFileSync } = require('node:fs')
const { relative } = require('node:path')
const { reporters, Runner } = require('mocha')

const { EVENT_RUN_END, EVENT_SUITE_BEGIN, EVENT_SUITE_END, EVENT_TEST_FAIL } = Runner.constants

/** Number of the last lines of a long error in the summary. */
const lastLines = 8

/**
 * Mocha's spec report with a final line `N passed, N failed, N skipped`. With the reporter option
 * `summary=FILE` it also writes as JSON: `times`, the duration of each test file in seconds, including
 * setup, and `failures`, file, title and error of each failed test or hook, without the middle of a long error.
 */
module.exports = class SummaryReporter extends reporters.Spec {
  constructor(runner, options) {
    super(runner, options)
    const times = timesByFile(runner)
    const failedTests = failuresOf(runner)
    const { summary } = options.reporterOptions ?? {}
    runner.once(EVENT_RUN_END, () => {
      const { passes, failures, pending } = this.stats
      process.stdout.write(`${passes} passed, ${failures} failed, ${pending} skipped\n`)
      if (summary) writeFileSync(summary, JSON.stringify({ times, failures: failedTests }))
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

/** The failed tests and hooks. The array is filled while the tests run. */
function failuresOf(runner) {
  const failures = []
  runner.on(EVENT_TEST_FAIL, (test, error) => {
    failures.push({
      file: relative(process.cwd(), test.file ?? ''),
      title: test.fullTitle(),
      error: withoutMiddle(String(error?.message ?? error)),
    })
  })
  return failures
}

/** The first line of a text and its last lines. An error with the output of a command ends with the reason. */
function withoutMiddle(text) {
  const lines = text.split('\n').filter((line) => line.trim() !== '')
  if (lines.length <= lastLines + 1) return lines.join('\n')
  return [lines[0], '...', ...lines.slice(-lastLines)].join('\n')
}
