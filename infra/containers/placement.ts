import { resolve } from 'node:path'
import type { PlatformConfig } from '../config/config-schema.ts'
import type { Placement, PortName, UserFile } from '../topology/placement.ts'
import type { RoleFile, RolePort } from '../topology/role-file.ts'
import type { Role } from '../topology/role-registry.ts'
import { roleOf, roles } from '../topology/role-registry.ts'

/** What containers have in common on Docker and on Kubernetes: paths, ports, addresses. */

/** The folder in our images with the program of a service and the generated files. */
const programFolder = '/app'

/** The mount path of a role's volume. */
export function volumePath(role: Role): string {
  const path = roles[role].volume?.path
  if (path === undefined) throw new Error(`${role} keeps nothing`)
  return path
}

const mountedFile = (name: string): string => `/run/${name}`

/** The user's files that are mounted for a role; empty if the user gives none. */
export function mountedFiles(role: RoleFile, config: PlatformConfig, root: string) {
  const given = role.userFiles?.(config).filter(({ kind, path }) => kind === 'mount' && path !== '')
  return (given ?? []).map((file) => mountOf(file, root))
}

/** The mount of a user's file or folder. */
export const mountOf = ({ name, path }: Pick<UserFile, 'name' | 'path'>, root: string) => ({
  hostPath: resolve(root, path),
  containerPath: mountedFile(name),
  readOnly: true,
})

/** The user secrets that a role may read. */
export function tokensOf(role: Role, config: PlatformConfig): string[] {
  const files = roles[role].userFiles?.(config) ?? []
  return files.filter(({ kind }) => kind === 'secret').map(({ name }) => name)
}

/** The mount path of the roads' volume, and the file in it. */
export const roadsFolder = '/run/roads'
export const roadsFile = `${roadsFolder}/roads.geojson`

export const secretFolder = (name: string): string => `/run/secrets/${name}`

/** The part of the placement that is the same on Docker and on Kubernetes. */
export function containerPlacement(): Omit<Placement, 'reach' | 'databaseAccess'> {
  return {
    kind: 'containers',
    listen: (role, _, name) => ({ host: '0.0.0.0', port: containerPort(role, name).container }),
    secretFile: (name) => `${secretFolder(name)}/secret`,
    userFile: ({ kind, name }) =>
      kind === 'mount' ? mountedFile(name) : `${secretFolder(name)}/secret`,
    generatedFile: (name) => `${programFolder}/${name}`,
    ownCertificate: () => undefined,
    bucketFolder: () => undefined,
    roadsFile: (use) => (use === 'read' ? roadsFile : undefined),
    dataFile: (role, _, file) => {
      const { path = '', holds } = roleOf(role).volume ?? {}
      return file === holds ? path : `${path}/${file}`
    },
  }
}

/** @throws Error if the role has no such port */
export function containerPort(role: string, name: PortName): RolePort {
  const port = roleOf(role).ports?.[name]
  if (port === undefined) throw new Error(`${role} has no port ${name}`)
  return port
}
