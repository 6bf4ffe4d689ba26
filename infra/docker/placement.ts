import type { PlatformConfig } from '../config/config-schema.ts'
import { containerPlacement, containerPort } from '../containers/placement.ts'
import { hostPort } from '../topology/host-ports.ts'
import type { Placement, PortName } from '../topology/placement.ts'
import type { Role } from '../topology/role-registry.ts'
import { roleOf, roles } from '../topology/role-registry.ts'
import type { RolePort } from '../topology/role-file.ts'

/** The volume with the roads of the simulated vehicles. The command that starts them writes it, the dashboard reads it. */
export const roadsVolume = 'roads'

/** Placement on Docker: every instance is a container, reached by its name on the network. */
export function dockerPlacement(config: PlatformConfig): Placement {
  return {
    ...containerPlacement(),
    reach: (role, instance, name) => ({
      host: roleOf(role).isReachedByRole ? role : `${role}-${instance}`,
      port: containerPort(role, name).container,
    }),
    hostListener: (instance) => ({
      listen: { host: '0.0.0.0', port: publishedPortOf(containerPort('kafka', 'main'), config) },
      reach: { host: '127.0.0.1', port: config.kafka.hostPort + instance },
    }),
    // The socket in the container, and the network of the containers. The engine's gateway, from which
    // this machine connects, is in this network.
    databaseAccess: ['local all all trust', 'host all all samenet scram-sha-256'],
  }
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
