import type { PlatformConfig } from '../config/config-schema.ts'
import type { Placement, PortName } from './placement.ts'
import { eachInstance, existsIn, roleNames, roleOf, roles } from './role-registry.ts'
import type { RoleFile, RolePort } from './role-file.ts'

/** A port of this machine that the platform uses, and the key of the configuration that changes it. */
export type HostPort = {
  readonly port: number
  /** Address of this machine on which the service listens. */
  readonly host: string
  /** The key of the address, if it can be configured. */
  readonly hostKey?: string
  /** Undefined if no key changes it. */
  readonly key?: string
  /** The instance that uses it, e.g. `producer-0`. */
  readonly holder: string
  /** Whether only our services use it. On Docker it is then not published. */
  readonly isInternal: boolean
}

const loopback = '127.0.0.1'
const portNames: readonly PortName[] = ['main', 'ops', 'workers']

/**
 * Every port that the platform uses on this machine, in the order of the services.
 *
 * @param kind counts only services that run on targets of this kind; default: all
 */
export function hostPortsOf(config: PlatformConfig, kind?: Placement['kind']): HostPort[] {
  const names = roleNames.filter((name) => kind === undefined || existsIn(roles[name], kind))
  return names.flatMap((name) => portsOf(roles[name], config, kind))
}

function portsOf(role: RoleFile, config: PlatformConfig, kind?: Placement['kind']): HostPort[] {
  const own = portNames.flatMap((name) => {
    const port = role.ports?.[name]
    if (port === undefined || !isOpen(port, config, kind)) return []
    return eachInstance(role, config, (instance) => toHostPort(port, { role, instance, config }))
  })
  return [...own, ...peerPortsOf(role, own)]
}

const isOpen = (port: RolePort, config: PlatformConfig, kind?: Placement['kind']): boolean =>
  port.isOpen?.(config, kind) ?? true

/** A single server has no ports for other servers. */
function peerPortsOf({ peerPorts }: RoleFile, own: readonly HostPort[]): HostPort[] {
  if (peerPorts === undefined || own.length === 1) return []
  return own.flatMap((port) =>
    peerPorts(port.port).map((peer) => ({ ...port, port: peer, isInternal: true })),
  )
}

type Instance = {
  readonly role: RoleFile
  readonly instance: number
  readonly config: PlatformConfig
}

function toHostPort(port: RolePort, { role, instance, config }: Instance): HostPort {
  return {
    port: port.host(config) + instance,
    host: loopback,
    ...port.hostAddress?.(config),
    ...(port.key !== undefined && { key: port.key }),
    holder: `${role.name}-${instance}`,
    isInternal: port.isInternal ?? false,
  }
}

/** The port of an instance on this machine; undefined if it has none. */
export function hostPort(
  config: PlatformConfig,
  service: { readonly role: string; readonly instance: number },
  name: PortName,
): HostPort | undefined {
  const role = roleOf(service.role)
  const port = role.ports?.[name]
  if (port === undefined || !isOpen(port, config)) return undefined
  if (service.instance >= role.instances(config)) return undefined
  return toHostPort(port, { role, instance: service.instance, config })
}

/** The keys of the configuration that change ports of this machine. */
export function hostPortKeys(): string[] {
  const ports = roleNames.flatMap((name) => portNames.map((port) => roles[name].ports?.[port]))
  return [...new Set(ports.flatMap((port) => port?.key ?? []))]
}
