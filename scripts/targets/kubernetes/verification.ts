import type { Verification } from '../target.ts'
import { openCluster } from './open-cluster.ts'
import { ClusterPlatformUnderTest } from './platform-under-test.ts'

/** Faults of the user's platform. */
export const verification: Verification = {
  open: async ({ platform, choice, workload: { storedBy }, signal }) => {
    const cluster = await openCluster(choice, platform.config)
    return ClusterPlatformUnderTest.open(platform, cluster, { storedBy, signal })
  },
}
