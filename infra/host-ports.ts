import type { PlatformConfig } from './config-schema.ts'
import type { PortName } from './placement.ts'
import type { Role } from './service-plan.ts'

/** A port of this machine that the platform takes, and the key of the configuration that moves it. */
export type HostPort = {
  readonly port: number
  /** Address of this machine on which it is taken. */
  readonly host: string
  /** The key that has the address, where it is a person's choice. */
  readonly hostKey?: string
  readonly key: string
  /** The service instance that takes it, e.g. `producer-0`. */
  readonly holder: string
  /** Whether only services of ours use it: on Docker it stays inside the network. */
  readonly isInternal: boolean
}

const loopback = '127.0.0.1'
/** Distance of the ZooKeeper servers' own two ports from the port that clients use. */
const peerDistance = 100
const electionDistance = 200

/** Every port the configuration takes on this machine, in the order of the services. */
export function hostPortsOf(config: PlatformConfig): HostPort[] {
  const { postgres, zookeeper, kafka, ingress, producer, consumer, dashboard } = config
  return [
    ...portsOf('postgres', 'hostPort', postgres),
    ...portsOf('zookeeper', 'hostPort', zookeeper),
    ...zookeeperPeerPorts(config),
    ...portsOf('kafka', 'hostPort', kafka),
    ...portsOf('ingress', 'hostPort', ingress).map(on(ingressHost(config))),
    ...portsOf('producer', 'hostPort', producer).map(asInternal),
    ...portsOf('producer', 'opsHostPort', producer),
    ...portsOf('consumer', 'opsHostPort', consumer),
    ...portsOf('dashboard', 'hostPort', dashboard).map(on(dashboardHost(config))),
    ...portsOf('dashboard', 'opsHostPort', dashboard),
  ]
}

/** The ports of a section's instances: the first is configured, the next follow it. */
function portsOf<Key extends string>(
  section: string,
  key: Key,
  settings: { readonly instances: number } & Readonly<Record<Key, number>>,
): HostPort[] {
  return Array.from({ length: settings.instances }, (_, instance) => ({
    port: settings[key] + instance,
    host: loopback,
    key: `${section}.${key}`,
    holder: `${section}-${instance}`,
    isInternal: false,
  }))
}

type Host = Pick<HostPort, 'host' | 'hostKey'>

const on =
  (host: Host) =>
  (port: HostPort): HostPort => ({ ...port, ...host })

function ingressHost({ ingress }: PlatformConfig): Host {
  return { host: ingress.hostAddress, hostKey: 'ingress.hostAddress' }
}

function dashboardHost({ dashboard }: PlatformConfig): Host {
  return { host: dashboard.public ? '0.0.0.0' : loopback }
}

const asInternal = (port: HostPort): HostPort => ({ ...port, isInternal: true })

const hostPortKeys: Readonly<Record<PortName, string>> = { main: 'hostPort', ops: 'opsHostPort' }

/** Where an instance takes connections on this machine; undefined where it does not. */
export function hostPort(
  config: PlatformConfig,
  { role, instance }: { readonly role: Role; readonly instance: number },
  name: PortName,
): HostPort | undefined {
  const [holder, key] = [`${role}-${instance}`, `${role}.${hostPortKeys[name]}`]
  return hostPortsOf(config).find((port) => port.holder === holder && port.key === key)
}

/** The servers of an ensemble talk on two more ports each; one alone does not. */
function zookeeperPeerPorts({ zookeeper }: PlatformConfig): HostPort[] {
  if (zookeeper.instances === 1) return []
  return portsOf('zookeeper', 'hostPort', zookeeper).flatMap((own) => {
    const { peer, election } = zookeeperQuorumPorts(own.port)
    return [asInternal({ ...own, port: peer }), asInternal({ ...own, port: election })]
  })
}

/** The two ports on which ZooKeeper servers talk among themselves, from a client port. */
export function zookeeperQuorumPorts(clientPort: number): { peer: number; election: number } {
  return { peer: clientPort + peerDistance, election: clientPort + electionDistance }
}
