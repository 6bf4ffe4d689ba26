import type { PlatformConfig } from '../config-schema.ts'
import { roleNames, roles } from './registry.ts'
import type { RoleUserFile } from './role-file.ts'

/** The user's files that the roles read, each once; also those of which the user gives none. */
export function userFilesOf(config: PlatformConfig): RoleUserFile[] {
  const files = roleNames.flatMap((name) => roles[name].userFiles?.(config) ?? [])
  return [...new Map(files.map((file) => [file.name, file])).values()]
}
