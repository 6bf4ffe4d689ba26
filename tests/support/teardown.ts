import { stopSharedServers } from './servers.ts'

/** Mocha calls it once, after the last test of a run. */
export const mochaGlobalTeardown = stopSharedServers
