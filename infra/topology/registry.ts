import type { PlatformConfig } from '../config/config-schema.ts'
import type { ListOrder, RoleFile, RoleUserFile } from './role-file.ts'
import * as roleFiles from './roles/index.ts'

export type Role = keyof typeof roleFiles

/** What each role declares, by its name. */
export const roles: Readonly<Record<Role, RoleFile>> = roleFiles

/** All roles in the order of lists. */
export const roleNames: readonly Role[] = inOrder('list')

/** All roles in the order in which those that start at the same time are started. */
export const startNames: readonly Role[] = inOrder('start')

function inOrder(list: keyof ListOrder): Role[] {
  const place = (role: Role): number => roles[role].order?.[list] ?? Number.MAX_SAFE_INTEGER
  const names = Object.keys(roles) as Role[]
  return names.sort((left, right) => place(left) - place(right) || (left < right ? -1 : 1))
}

/** @throws Error where there is no such role */
export function roleOf(name: string): RoleFile {
  if (!Object.hasOwn(roles, name)) throw new Error(`there is no role ${name}`)
  return roles[name as Role]
}

/** Something for each instance of a role, by its number. */
export function eachInstance<Item>(
  role: RoleFile,
  config: PlatformConfig,
  toItem: (instance: number) => Item,
): Item[] {
  return Array.from({ length: role.instances(config) }, (_, instance) => toItem(instance))
}

/** In which step of the start a role starts, from 0 on: one after all that it needs. */
export function stageOf(role: RoleFile): number {
  return Math.max(-1, ...role.needs.map(stageOf)) + 1
}

/** Which roles stop at the same time, in the order of stopping: what sends first, what is sent to last. */
export const stopOrder: readonly (readonly Role[])[] = [
  ...new Set(roleNames.map((role) => roles[role].stop.rank)),
]
  .sort((left, right) => left - right)
  .map((rank) => roleNames.filter((role) => roles[role].stop.rank === rank))

/** The user's files that the roles read, each once; also those of which the user gives none. */
export function userFilesOf(config: PlatformConfig): RoleUserFile[] {
  const files = roleNames.flatMap((name) => roles[name].userFiles?.(config) ?? [])
  return [...new Map(files.map((file) => [file.name, file])).values()]
}
