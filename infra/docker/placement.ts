import { resolve } from 'node:path'
import type { PlatformConfig } from '../config/config-schema.ts'
import { hostPort } from '../topology/host-ports.ts'
import type { Placement, PortName, UserFile } from '../topology/placement.ts'
import type { Role } from '../topology/role-registry.ts'
import { roleOf, roles } from '../topology/role-registry.ts'
import type { RoleFile, RolePort } from '../topology/role-file.ts'

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

/** The mount path of the roads' volume, and the file in it. */
export const roadsFolder = '/run/roads'
export const roadsFile = `${roadsFolder}/roads.geojson`

/** The volume with the roads of the simulated vehicles. The command that starts them writes it, the dashboard reads it. */
export const roadsVolume = 'roads'

export const secretFolder = (name: string): string => `/run/secrets/${name}`

/** Placement on Docker: every instance is a container, reached by its name on the network. */
export function dockerPlacement(config: PlatformConfig): Placement {
  return {
    kind: 'containers',
    listen: (role, _, name) => ({ host: '0.0.0.0', port: portOf(role, name).container }),
    reach: (role, instance, name) => ({
      host: roleOf(role).isReachedByRole ? role : `${role}-${instance}`,
      port: portOf(role, name).container,
    }),
    hostListener: (instance) => ({
      listen: { host: '0.0.0.0', port: publishedPortOf(portOf('kafka', 'main'), config) },
      reach: { host: '127.0.0.1', port: config.kafka.hostPort + instance },
    }),
    secretFile: (name) => `${secretFolder(name)}/secret`,
    userFile: ({ kind, name }) =>
      kind === 'mount' ? mountedFile(name) : `${secretFolder(name)}/secret`,
    generatedFile: (name) => `${programFolder}/${name}`,
    ownCertificate: () => undefined,
    bucketFolder: () => undefined,
    roadsFile: (use) => (use === 'read' ? roadsFile : undefined),
    // The socket in the container, and the network of the containers. The engine's gateway, from which
    // this machine connects, is in this network.
    databaseAccess: ['local all all trust', 'host all all samenet scram-sha-256'],
    dataFile: (role, _, file) => {
      const { path = '', holds } = roleOf(role).volume ?? {}
      return file === holds ? path : `${path}/${file}`
    },
  }
}

function portOf(role: string, name: PortName): RolePort {
  const port = roleOf(role).ports?.[name]
  if (port === undefined) throw new Error(`${role} has no port ${name}`)
  return port
}

const publishedPortOf = (port: RolePort, config: PlatformConfig): number =>
  port.publishedContainer?.(config) ?? port.container

/** A published port of a container. */
export type PublishedPort = {
  readonly internal: number
  readonly external: number
  readonly ip: string
}

/** The published ports of an instance. The ingress and a public dashboard listen for other machines, all others on loopback. */
export function publishedPorts(
  config: PlatformConfig,
  service: { readonly role: Role; readonly instance: number },
): PublishedPort[] {
  const ports = Object.entries(roles[service.role].ports ?? {}) as [PortName, RolePort][]
  return ports.flatMap(([name, port]) => {
    const taken = hostPort(config, service, name)
    if (taken === undefined || taken.isInternal) return []
    return [{ internal: publishedPortOf(port, config), external: taken.port, ip: taken.host }]
  })
}
