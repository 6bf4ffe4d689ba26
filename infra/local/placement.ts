import { join, resolve } from 'node:path'
import type { PlatformConfig } from '../config/config-schema.ts'
import type { Address } from '../topology/addresses.ts'
import { reachedAt } from '../topology/addresses.ts'
import { hostPort } from '../topology/host-ports.ts'
import type { Placement, PortName } from '../topology/placement.ts'
import type { Folders } from './folders.ts'
import { ownCertificateFiles } from './certificate/own-certificate.ts'
import { secretFile } from './secrets.ts'

/** Placement on this machine: one port for each instance, files in the state folder. */
export function localPlacement(config: PlatformConfig, folders: Folders): Placement {
  const listen = (role: string, instance: number, name: PortName): Address => {
    const taken = hostPort(config, { role, instance }, name)
    if (taken === undefined) throw new Error(`${role} has no port ${name}`)
    return { host: taken.host, port: taken.port }
  }
  return {
    kind: 'processes',
    listen,
    reach: (role, instance, name) => {
      const { host, port } = listen(role, instance, name)
      return { host: reachedAt(host), port }
    },
    secretFile: (name) => secretFile(folders, name),
    userFile: ({ path }) => resolve(folders.root, path),
    generatedFile: (name) => join(folders.settings, name),
    roadsFile: () => roadsFile(folders),
    databaseAccess: [
      'host all all 127.0.0.1/32 scram-sha-256',
      'host all all ::1/128 scram-sha-256',
    ],
    ownCertificate: () => ownCertificateFiles(folders.state),
    bucketFolder: (bucket) => bucketFolder(folders, bucket),
    dataFile: (role, instance, file) => join(folders.data, `${role}-${instance}`, file),
  }
}

/** The folder that is a bucket. */
export const bucketFolder = ({ data }: Folders, bucket: string): string =>
  join(data, 'files', bucket)

/** The file to which a fleet on this machine writes its roads. */
export const roadsFile = ({ data }: Folders): string => join(data, 'roads.geojson')
