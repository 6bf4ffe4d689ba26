'use strict'
const { writeFileSync } = require('node:fs')
const { relative } = require('node:path')
const { reporters, Runner } = require('mocha')

const { EVENT_RUN_BEGIN, EVENT_RUN_END, EVENT_SUITE_BEGIN, EVENT_SUITE_END } = Runner.constants
const { EVENT_TEST_END, EVENT_TEST_FAIL } = Runner.constants

/** The time after which no test begins, in milliseconds. `.ci/run` sets it in seconds. NaN: no limit. */
const lastStart = Number(process.env['AV_TELEMETRY_LAST_TEST_AT'] || NaN) * 1000

/** Number of the last lines of a long error in the summary. */
const lastLines = 8

/**
 * Mocha's spec report with a final line `N passed, N failed, N skipped`. With the reporter option
 * `summary=FILE` it also writes as JSON: `times`, the duration of each test file in seconds, including
 * setup, `failures`, file, title and error of each failed test or hook, without the middle of a long error, and
 * `late`, the files with tests that did not begin because the time was over. These tests count as skipped.
 */
module.exports = class SummaryReporter extends reporters.Spec {
  constructor(runner, options) {
    super(runner, options)
    const times = timesByFile(runner)
    const failedTests = failuresOf(runner)
    const lateTests = testsAfter(lastStart, runner)
    const { summary } = options.reporterOptions ?? {}
    runner.once(EVENT_RUN_END, () => {
      const { passes, failures, pending } = this.stats
      const skipped = pending + lateTests.length
      process.stdout.write(`${passes} passed, ${failures} failed, ${skipped} skipped\n`)
      const late = [...new Set(lateTests.map(fileOf))]
      if (summary) writeFileSync(summary, JSON.stringify({ times, failures: failedTests, late }))
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
    const name = fileOf({ file })
    times[name] = (times[name] ?? 0) + (performance.now() - startedAt) / 1000
  })
  return times
}

/** The failed tests and hooks. The array is filled while the tests run. */
function failuresOf(runner) {
  const failures = []
  runner.on(EVENT_TEST_FAIL, (test, error) => {
    failures.push({
      file: fileOf(test),
      title: test.fullTitle(),
      error: withoutMiddle(String(error?.message ?? error)),
    })
  })
  return failures
}

/**
 * The tests that do not begin because the time is over. The array is filled then. The others, and the setup of
 * their suites, are left out: mocha runs only what matches its pattern.
 */
function testsAfter(time, runner) {
  const late = []
  const waiting = new Set()
  const check = (test) => {
    waiting.delete(test)
    if (!(Date.now() > time) || late.length > 0) return
    late.push(...waiting)
    runner.grep(/^(?!)/)
  }
  runner.once(EVENT_RUN_BEGIN, () => {
    runner.suite.eachTest((test) => waiting.add(test))
  })
  runner.on(EVENT_TEST_END, check).on(EVENT_SUITE_END, check)
  if (Date.now() > time) {
    runner.suite.eachTest((test) => late.push(test))
    runner.grep(/^(?!)/)
  }
  return late
}

/** Relative to the repository. */
const fileOf = ({ file }) => relative(process.cwd(), file ?? '')

/** The first line of a text and its last lines. An error with the output of a command ends with the reason. */
function withoutMiddle(text) {
  const lines = text.split('\n').filter((line) => line.trim() !== '')
  if (lines.length <= lastLines + 1) return lines.join('\n')
  return [lines[0], '...', ...lines.slice(-lastLines)].join('\n')
}
