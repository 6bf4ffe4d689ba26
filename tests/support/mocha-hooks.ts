import type { Context } from 'mocha'
import { stopSharedServers } from './servers.ts'
import { clearServiceLog, recentServiceLog } from './service-log.ts'

// Test servers live for seconds, and Java's second compiler takes a third of their CPU at the start.
process.env['AV_TELEMETRY_JAVA_OPTIONS'] ??= '-XX:TieredStopAtLevel=1'

/** Mocha calls this once, after the last test of a run. */
export const mochaGlobalTeardown = stopSharedServers

/** Mocha calls these around each test of a run. */
export const mochaHooks = {
  beforeEach: clearServiceLog,
  afterEach(this: Context) {
    if (this.currentTest?.state === 'failed') process.stdout.write(recentServiceLog())
  },
}
