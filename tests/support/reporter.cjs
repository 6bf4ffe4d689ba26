'use strict'
const { reporters, Runner } = require('mocha')

/** Mocha's own report, closed by the one line that says it all: `N passed, N failed, N skipped`. */
module.exports = class ClosingLine extends reporters.Spec {
  constructor(runner, options) {
    super(runner, options)
    runner.once(Runner.constants.EVENT_RUN_END, () => {
      const { passes, failures, pending } = this.stats
      process.stdout.write(`${passes} passed, ${failures} failed, ${pending} skipped\n`)
    })
  }
}
