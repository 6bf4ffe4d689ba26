import { resolve } from 'node:path'
import type { PlatformConfig } from '../config-schema.ts'
import { hostPort } from '../host-ports.ts'
import type { Placement, PortName } from '../placement.ts'
import type { Role } from '../service-plan.ts'

/** Where services listen inside their containers. `images/haproxy.cfg` knows those of the producer and the ingress. */
const containerPorts: Readonly<Record<Role, Partial<Record<PortName, number>>>> = {
  postgres: { main: 5432 },
  zookeeper: { main: 2181 },
  kafka: { main: 9092 },
  provision: {},
  producer: { main: 8080, ops: 8081 },
  consumer: { ops: 8081 },
  ingress: { main: 5001 },
  dashboard: { main: 8080, ops: 8081 },
  fleet: {},
}

/** Where a broker takes the connections that come through the port published on the machine. */
const kafkaHostListener = 19_092

/** Folders in which containers keep what outlives them: each is a volume. */
export const dataFolders: Readonly<Partial<Record<Role, string>>> = {
  // Since 18 the official image keeps its versions' folders below this one.
  postgres: '/var/lib/postgresql',
  zookeeper: '/data',
  kafka: '/var/lib/kafka/data',
  fleet: '/data',
}

/** Where the dashboard sees the file with the tiles of the map. */
const mapFile = '/run/map.pmtiles'

/** The user's file with the tiles of the map, as the dashboard sees it; none where there is none. */
export function mapMounts({ dashboard }: PlatformConfig, root: string) {
  if (dashboard.pmtilesFile === '') return []
  const hostPath = resolve(root, dashboard.pmtilesFile)
  return [{ hostPath, containerPath: mapFile, readOnly: true }]
}

/** Where the volume of the roads is mounted, and the file in it. */
export const roadsFolder = '/run/roads'
export const roadsFile = `${roadsFolder}/roads.geojson`

/** The volume with the roads of the simulated vehicles: who starts them writes it, the dashboard reads it. */
export const roadsVolume = 'roads'

export const secretFolder = (name: string): string => `/run/secrets/${name}`

/** Every instance is a container that the others know by its name on the network. */
export function dockerPlacement(config: PlatformConfig): Placement {
  return {
    listen: (role, _, name) => ({ host: '0.0.0.0', port: containerPort(role, name) }),
    reach: (role, instance, name) => ({
      host: role === 'ingress' ? role : `${role}-${instance}`,
      port: containerPort(role, name),
    }),
    hostListener: (instance) => ({
      listen: { host: '0.0.0.0', port: kafkaHostListener },
      reach: { host: '127.0.0.1', port: config.kafka.hostPort + instance },
    }),
    secretFile: (name) => `${secretFolder(name)}/secret`,
    userFile: (file) => (file === 'map' ? mapFile : `${secretFolder(file)}/secret`),
    roadsFile: (reader) => (reader === 'dashboard' ? roadsFile : undefined),
    dataFile: (role, _, file) =>
      role === 'kafka' || role === 'zookeeper'
        ? (dataFolders[role] ?? '')
        : `${dataFolders[role] ?? ''}/${file}`,
  }
}

function containerPort(role: Role, name: PortName): number {
  const port = containerPorts[role][name]
  if (port === undefined) throw new Error(`${role} has no port ${name}`)
  return port
}

/** A port of a container that is published on the machine. */
export type PublishedPort = {
  readonly internal: number
  readonly external: number
  readonly ip: string
}

/** What is published of an instance: the ingress for everybody, the dashboard where it is public, the rest on loopback. */
export function publishedPorts(
  config: PlatformConfig,
  service: { readonly role: Role; readonly instance: number },
): PublishedPort[] {
  const { role } = service
  const names = Object.keys(containerPorts[role]) as PortName[]
  // A producer's own work is the ingress's business alone.
  const published = role === 'producer' ? names.filter((name) => name === 'ops') : names
  return published.flatMap((name) => {
    const taken = hostPort(config, service, name)
    const internal = role === 'kafka' ? kafkaHostListener : containerPort(role, name)
    return taken === undefined ? [] : [{ internal, external: taken.port, ip: taken.host }]
  })
}
