import type { Verification } from '../target.ts'
import { DockerPlatformUnderTest } from './platform-under-test.ts'

/** Faults of the user's platform. */
export const verification: Verification = {
  open: ({ platform, workload: { storedBy }, signal }) =>
    DockerPlatformUnderTest.open(platform, { storedBy, signal }),
}
