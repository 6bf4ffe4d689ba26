import { join, resolve } from 'node:path'
import type { PlatformConfig } from '../config-schema.ts'
import type { Address } from '../address.ts'
import { hostPort } from '../host-ports.ts'
import type { Placement, PortName } from '../placement.ts'
import type { Role } from '../service-plan.ts'
import type { Folders } from './folders.ts'
import { secretFile } from './secrets.ts'

const loopback = '127.0.0.1'

/** Everything on this machine: a port an instance, files in the state folder. */
export function localPlacement(config: PlatformConfig, folders: Folders): Placement {
  const portOf = (role: Role, instance: number, name: PortName): number => {
    const port = hostPort(config, { role, instance }, name)
    if (port === undefined) throw new Error(`${role} has no port ${name}`)
    return port
  }
  const listen = (role: Role, instance: number, name: PortName): Address => ({
    host: role === 'ingress' ? config.ingress.hostAddress : loopback,
    port: portOf(role, instance, name),
  })
  return {
    listen,
    reach: (role, instance, name) => {
      const { host, port } = listen(role, instance, name)
      return { host: anyAddress.get(host) ?? host, port }
    },
    secretFile: (name) => secretFile(folders, name),
    tokenFile: (path) => resolve(folders.root, path),
    dataFile: (role, instance, file) => join(folders.data, `${role}-${instance}`, file),
  }
}

/** What to call where a service listens on every address. */
const anyAddress = new Map([
  ['0.0.0.0', loopback],
  ['::', '::1'],
])
