import type { PlatformConfig } from '../config/config-schema.ts'
import { hasOwnKafka } from '../topology/external/kafka.ts'
import type { Role } from '../topology/role-registry.ts'
import { roles } from '../topology/role-registry.ts'
import { shutdownOrder } from '../topology/shutdown-order.ts'

/** What a target has of an earlier start of the platform. */
type ExistingData = {
  /** Names of the services whose data exists, e.g. `kafka-1`. Other roles may be among them. */
  readonly names: readonly string[]
  /** Where the data is, as the beginning of a sentence. */
  readonly holder: string
  /** How to continue without the data, as the end of a sentence. */
  readonly startEmpty: string
}

/** Roles of which no instance may be removed. */
const clusterRoles: readonly Role[] = shutdownOrder.flat().filter((role) => roles[role].cluster)

/** Refuses fewer brokers or ZooKeepers than there is data of: removed brokers would take replicas with them, removed ZooKeepers the majority. */
export function shrunkClusterFaults(
  config: PlatformConfig,
  { names, holder, startEmpty }: ExistingData,
): string[] {
  return clusterRoles.flatMap((role) => {
    if (isReplaced(role, config)) return replacedFaults(role, config, { names, holder, startEmpty })
    const wanted = roles[role].instances(config)
    const present = countOf(role, names)
    if (present <= wanted) return []
    // If the growth of an ensemble was interrupted, its size is even, which the configuration refuses.
    const isOdd = roles[role].cluster === 'majority'
    const enough = isOdd && present % 2 === 0 ? present + 1 : present
    return [
      `${holder} has data of ${present} ${role} servers, but ${role}.instances is ${wanted}. Set it to ${enough}, or ${startEmpty}.`,
    ]
  })
}

/** Whether an existing Kafka is used instead of the servers of this role. */
function isReplaced(role: Role, config: PlatformConfig): boolean {
  return !hasOwnKafka(config) && (role === 'kafka' || role === 'zookeeper')
}

/** Readings that are only in our own Kafka would not be stored if another one is used. */
function replacedFaults(
  role: Role,
  { kafka }: PlatformConfig,
  { names, holder }: ExistingData,
): string[] {
  if (role !== 'kafka' || countOf(role, names) === 0 || kafka.external.ignoreOwnData) return []
  return [
    `${holder} has data of a Kafka of the platform, but kafka.external.brokers names another one. Readings that are only in that data would not be stored. Start without kafka.external until npm run status shows a lag of 0, then set kafka.external.ignoreOwnData to true (docs/external-kafka.md).`,
  ]
}

/** One more than the highest instance number of a role, even if lower numbers are missing. */
function countOf(role: string, names: readonly string[]): number {
  const numbers = names
    .filter((name) => name.startsWith(`${role}-`))
    .map((name) => Number(name.slice(role.length + 1)))
    .filter(Number.isInteger)
  return Math.max(-1, ...numbers) + 1
}
