import type { Context } from 'mocha'
import { stopSharedServers } from './servers.ts'
import { clearServiceLog, recentServiceLog } from './service-log.ts'

/** Mocha calls this once, after the last test of a run. */
export const mochaGlobalTeardown = stopSharedServers

/** Mocha calls these around each test of a run. */
export const mochaHooks = {
  beforeEach: clearServiceLog,
  afterEach(this: Context) {
    if (this.currentTest?.state === 'failed') process.stdout.write(recentServiceLog())
  },
}
