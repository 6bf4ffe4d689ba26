import { roles } from '../topology/role-registry.ts'

/** What containers with vehicles have in common on Docker and on Kubernetes. */

/** Memory limit in megabytes. */
export const vehicleMegabytes = (numVehicles: number): number =>
  roles.fleet.memoryBesideHeapMegabytes + Math.ceil(numVehicles / 8)

/**
 * The command of a container with a single vehicle: a third less memory. Compilation to machine code and a large young
 * generation are useful only for more vehicles.
 */
export const smallVehicleCommand: readonly string[] = [
  'node',
  '--jitless',
  '--max-semi-space-size=1',
  '--optimize-for-size',
  'main.mjs',
]
