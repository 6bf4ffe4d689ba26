import type { PlatformConfig } from '../config/config-schema.ts'
import type { Placement } from './placement.ts'
import type { RoleFile, RoleUserFile } from './role-file.ts'
import * as roleFiles from './roles/index.ts'

export type Role = keyof typeof roleFiles

/** The role files by role name. */
export const roles: Readonly<Record<Role, RoleFile>> = roleFiles

/**
 * The order of roles in each list. A role that a list does not name comes after the others, by name.
 * The shutdown order is not here: it follows from `stop.rank` in the role files (`shutdown-order.ts`).
 */
const roleOrder = {
  /** Ports, files, and roles that stop together. */
  list: [
    'postgres',
    'zookeeper',
    'kafka',
    'objects',
    'ingress',
    'producer',
    'consumer',
    'worker',
    'dashboard',
    'fleet',
    'provision',
  ],
  /** Roles of one start stage. */
  start: [
    'postgres',
    'zookeeper',
    'kafka',
    'objects',
    'provision',
    'consumer',
    'worker',
    'producer',
    'ingress',
    'dashboard',
    'fleet',
  ],
  /** Services on the dashboard's health page. */
  health: [
    'ingress',
    'producer',
    'kafka',
    'zookeeper',
    'consumer',
    'worker',
    'postgres',
    'objects',
  ],
} satisfies Record<string, readonly Role[]>

/** Returns roles in the order of a list. */
export function sortRoles(names: readonly Role[], list: keyof typeof roleOrder): Role[] {
  const order: readonly Role[] = roleOrder[list]
  const place = (role: Role): number => (order.includes(role) ? order.indexOf(role) : order.length)
  return [...names].sort((left, right) => place(left) - place(right) || (left < right ? -1 : 1))
}

const allNames = Object.keys(roles) as Role[]

/** All roles in list order. */
export const roleNames: readonly Role[] = sortRoles(allNames, 'list')

/** All roles in start order, for roles of the same stage. */
export const startNames: readonly Role[] = sortRoles(allNames, 'start')

/** @throws Error if there is no such role */
export function roleOf(name: string): RoleFile {
  if (!Object.hasOwn(roles, name)) throw new Error(`there is no role ${name}`)
  return roles[name as Role]
}

/** Whether targets of this kind use the ports of a role: the role itself, or the one that replaces it. */
export function existsIn({ onlyIn }: RoleFile, kind: Placement['kind']): boolean {
  return onlyIn === undefined || onlyIn === kind
}

/** Whether instances of a role run on targets of this kind. */
export function runsIn(role: RoleFile, config: PlatformConfig, kind: Placement['kind']): boolean {
  return existsIn(role, kind) && !(role.isReplaced?.(config, kind) ?? false)
}

/** Calls a function for each instance of a role, with its number. */
export function eachInstance<Item>(
  role: RoleFile,
  config: PlatformConfig,
  toItem: (instance: number) => Item,
): Item[] {
  return Array.from({ length: role.instances(config) }, (_, instance) => toItem(instance))
}

/** The start stage of a role, from 0: one after the last stage that it needs. */
export function stageOf(role: RoleFile): number {
  return Math.max(-1, ...role.needs.map(stageOf)) + 1
}

/** The user's files that roles read, each once, including those that are not configured. */
export function userFilesOf(config: PlatformConfig): RoleUserFile[] {
  const files = roleNames.flatMap((name) => roles[name].userFiles?.(config) ?? [])
  return [...new Map(files.map((file) => [file.name, file])).values()]
}
