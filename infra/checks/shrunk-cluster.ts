import type { PlatformConfig } from '../config/config-schema.ts'
import type { Role } from '../topology/registry.ts'
import { roles, stopOrder } from '../topology/registry.ts'

/** What a target has of a platform from before. */
type Kept = {
  /** Whose data is there, e.g. `kafka-1`; names of other roles may be among them. */
  readonly names: readonly string[]
  /** What has it, as the beginning of a sentence. */
  readonly holder: string
  /** How to go on without it, as the end of one. */
  readonly startEmpty: string
}

/** The roles of which none may be left out. */
const clusters: readonly Role[] = stopOrder.flat().filter((role) => roles[role].cluster)

/** Brokers that are left out would take their replicas with them, ZooKeepers their majority. */
export function shrunkClusterFaults(
  config: PlatformConfig,
  { names, holder, startEmpty }: Kept,
): string[] {
  return clusters.flatMap((role) => {
    const wanted = roles[role].instances(config)
    const present = countOf(role, names)
    if (present <= wanted) return []
    // An ensemble whose growth was interrupted has a number that the configuration refuses.
    const isOdd = roles[role].cluster === 'majority'
    const enough = isOdd && present % 2 === 0 ? present + 1 : present
    return [
      `${holder} has ${present} of ${role}, ${role}.instances says ${wanted}: set it to ${enough}, or ${startEmpty}.`,
    ]
  })
}

/** One more than the highest number of a role, whatever is missing below. */
function countOf(role: string, names: readonly string[]): number {
  const numbers = names
    .filter((name) => name.startsWith(`${role}-`))
    .map((name) => Number(name.slice(role.length + 1)))
    .filter(Number.isInteger)
  return Math.max(-1, ...numbers) + 1
}
