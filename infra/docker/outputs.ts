import { writeFileSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import * as pulumi from '@pulumi/pulumi'
import { inText } from '../address.ts'
import type { PlatformConfig } from '../config-schema.ts'
import { databaseOwner } from '../database-owner.ts'
import { guaranteeInWords } from '../guarantee.ts'
import type { Ingress } from './ingress.ts'
import type { Postgres } from './postgres.ts'

export type Outputs = {
  /** Where the counter is, from this machine. */
  readonly events: pulumi.Output<string>
  /** The same from other machines of the network. */
  readonly networkAddress: pulumi.Output<string>
  /** A line for the shell that opens psql. */
  readonly psql: pulumi.Output<string>
  readonly guarantee: string[]
}

/** What a person wants to know once the platform is up; the address goes into its file as well. */
export function announce(running: {
  readonly config: PlatformConfig
  readonly postgres: Postgres
  readonly ingress: Ingress
}): Outputs {
  const { config, postgres, ingress } = running
  const address = eventsAddress(config, 'localhost')
  return {
    events: ingress.containerId.apply(() => {
      if (!pulumi.runtime.isDryRun()) writeAddress(config, address)
      return address
    }),
    networkAddress: ingress.containerId.apply(() => eventsAddress(config, ownAddress(config))),
    psql: postgres.containerName.apply((name) => psqlLine(config, name)),
    guarantee: guaranteeInWords(config),
  }
}

/** Through the container's own socket, which asks for no password. */
export function psqlLine({ postgres }: PlatformConfig, containerName: string): string {
  return `docker exec -it ${containerName} psql -U ${databaseOwner} ${postgres.database}`
}

function eventsAddress({ ingress }: PlatformConfig, host: string): string {
  return `http://${inText({ host, port: ingress.hostPort })}${ingress.path}`
}

/** The machine's first address that others can reach, where the ingress listens on all of them. */
function ownAddress({ ingress }: PlatformConfig): string {
  if (!['0.0.0.0', '::'].includes(ingress.hostAddress)) return ingress.hostAddress
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? [])
  const outward = addresses.find(({ family, internal }) => family === 'IPv4' && !internal)
  return outward?.address ?? 'localhost'
}

/** For scripts that look the address up. A file that belongs to somebody else is left alone. */
function writeAddress({ ingress }: PlatformConfig, address: string): void {
  if (ingress.addressFile === '') return
  try {
    writeFileSync(ingress.addressFile, `${address}\n`)
  } catch (error) {
    const reason = (error as Error).message
    void pulumi.log.warn(`The address could not be written to ${ingress.addressFile}: ${reason}.`)
  }
}
