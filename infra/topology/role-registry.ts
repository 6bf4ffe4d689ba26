import type { PlatformConfig } from '../config/config-schema.ts'
import type { ListOrder, RoleFile, RoleUserFile } from './role-file.ts'
import * as roleFiles from './roles/index.ts'

export type Role = keyof typeof roleFiles

/** The role files by role name. */
export const roles: Readonly<Record<Role, RoleFile>> = roleFiles

/** All roles in list order. */
export const roleNames: readonly Role[] = inOrder('list')

/** All roles in start order, for roles of the same stage. */
export const startNames: readonly Role[] = inOrder('start')

function inOrder(list: keyof ListOrder): Role[] {
  const place = (role: Role): number => roles[role].order?.[list] ?? Number.MAX_SAFE_INTEGER
  const names = Object.keys(roles) as Role[]
  return names.sort((left, right) => place(left) - place(right) || (left < right ? -1 : 1))
}

/** @throws Error if there is no such role */
export function roleOf(name: string): RoleFile {
  if (!Object.hasOwn(roles, name)) throw new Error(`there is no role ${name}`)
  return roles[name as Role]
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
