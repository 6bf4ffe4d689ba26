import type { Role } from './role-registry.ts'
import { roleNames, roles } from './role-registry.ts'

/**
 * The shutdown order: groups of roles that stop together, senders first, servers last. The rank is in
 * each role file (`stop.rank`).
 */
export const shutdownOrder: readonly (readonly Role[])[] = [
  ...new Set(roleNames.map((role) => roles[role].stop.rank)),
]
  .sort((left, right) => left - right)
  .map((rank) => roleNames.filter((role) => roles[role].stop.rank === rank))
