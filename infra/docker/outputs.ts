import * as pulumi from '@pulumi/pulumi'
import type { PlatformConfig } from '../config/config-schema.ts'
import { accessWarnings } from '../config/access.ts'
import { networkEventsAddress, writeEventsAddress } from '../config/published-address.ts'
import { dashboardAddress, eventsAddress } from '../topology/addresses.ts'
import { describeGuarantee } from '../config/guarantee.ts'
import type { Outputs } from '../containers/outputs.ts'
import { externalPsqlLine, psqlLine } from './addresses.ts'
import type { Ingress } from './resources/servers/ingress.ts'
import type { Postgres } from './resources/servers/postgres.ts'

/** The outputs of the stack. Also writes the address file. */
export function announce(running: {
  readonly config: PlatformConfig
  /** Undefined if the user runs the server. */
  readonly postgres: Postgres | undefined
  readonly ingress: Ingress
  /** The clone. */
  readonly root: string
}): Outputs {
  const { config, postgres, ingress, root } = running
  for (const warning of accessWarnings(config)) void pulumi.log.warn(warning)
  return {
    events: ingress.containerId.apply(() => {
      const fault = pulumi.runtime.isDryRun() ? undefined : writeEventsAddress(config, 'containers')
      if (fault !== undefined) void pulumi.log.warn(fault)
      return eventsAddress(config, { kind: 'containers' })
    }),
    networkAddress: ingress.containerId.apply(() => networkEventsAddress(config)),
    dashboard: pulumi.output(dashboardAddress(config) ?? ''),
    psql:
      postgres?.containerName.apply((name) => psqlLine(config, name)) ??
      pulumi.output(externalPsqlLine(config, root)),
    guarantee: describeGuarantee(config),
  }
}
