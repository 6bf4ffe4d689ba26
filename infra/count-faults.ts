import type { PlatformConfig } from './config-schema.ts'

/** What a target has of a platform from before. */
type Kept = {
  /** Whose data is there, e.g. `kafka-1`; names of other roles may be among them. */
  readonly names: readonly string[]
  /** What has it, as the beginning of a sentence. */
  readonly holder: string
  /** How to go on without it, as the end of one. */
  readonly startEmpty: string
}

/** Brokers that are left out would take their replicas with them, ZooKeepers their majority. */
export function countFaults(config: PlatformConfig, { names, holder, startEmpty }: Kept): string[] {
  return (['kafka', 'zookeeper'] as const).flatMap((role) => {
    const wanted = config[role].instances
    const present = countOf(role, names)
    if (present <= wanted) return []
    // An ensemble whose growth was interrupted has a number that the configuration refuses.
    const enough = role === 'zookeeper' && present % 2 === 0 ? present + 1 : present
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
