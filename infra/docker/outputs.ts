import * as pulumi from '@pulumi/pulumi'
import type { PlatformConfig } from '../config/config-schema.ts'
import { networkEventsAddress, writeEventsAddress } from '../config/published-address.ts'
import { dashboardAddress, eventsAddress } from '../topology/addresses.ts'
import { describeGuarantee } from '../config/guarantee.ts'
import { psqlLine } from './addresses.ts'
import type { Ingress } from './resources/ingress.ts'
import type { Postgres } from './resources/postgres.ts'

export type Outputs = {
  /** Where the counter is, from this machine. */
  readonly events: pulumi.Output<string>
  /** The same from other machines of the network. */
  readonly networkAddress: pulumi.Output<string>
  /** Where the fleet is seen in a browser, from this machine; empty where there is no dashboard. */
  readonly dashboard: pulumi.Output<string>
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
  return {
    events: ingress.containerId.apply(() => {
      const fault = pulumi.runtime.isDryRun() ? undefined : writeEventsAddress(config)
      if (fault !== undefined) void pulumi.log.warn(fault)
      return eventsAddress(config)
    }),
    networkAddress: ingress.containerId.apply(() => networkEventsAddress(config)),
    dashboard: pulumi.output(dashboardAddress(config) ?? ''),
    psql: postgres.containerName.apply((name) => psqlLine(config, name)),
    guarantee: describeGuarantee(config),
  }
}
