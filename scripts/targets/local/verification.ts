import { join } from 'node:path'
import type { Verification } from '../target.ts'
import { LocalPlatformUnderTest } from './platform-under-test.ts'

/** Faults of a separate platform on this machine. */
export const verification: Verification = {
  start: async ({ configFile, settings, workload, signal }) => {
    const own = await workload.settings(join(LocalPlatformUnderTest.folders.state, 'workload'))
    const { storedBy } = workload
    const all = [...settings, ...own]
    return LocalPlatformUnderTest.start({ configFile, settings: all, storedBy, signal })
  },
  finish: (isAllKept) => {
    if (!isAllKept) return `logs: ${LocalPlatformUnderTest.folders.logs}`
    LocalPlatformUnderTest.remove()
    return undefined
  },
}
