import type * as core from '@pulumi/kubernetes/core/v1/index.js'
import * as pulumi from '@pulumi/pulumi'
import { accessWarnings } from '../config/access.ts'
import type { PlatformConfig } from '../config/config-schema.ts'
import { describeGuarantee } from '../config/guarantee.ts'
import type { Outputs } from '../containers/outputs.ts'
import { eventsAddress } from '../topology/addresses.ts'
import { eventsInCluster, psqlLine } from './addresses.ts'

/**
 * The outputs of the stack.
 *
 * @param publicService the Service of the ingress for clients outside the cluster; undefined if there is none
 */
export function announce(config: PlatformConfig, publicService: core.Service | undefined): Outputs {
  for (const warning of accessWarnings(config, 'pod of the cluster')) void pulumi.log.warn(warning)
  const { namespace } = config.kubernetes
  const { instances, hostPort } = config.dashboard
  const inCluster = eventsInCluster(config)
  return {
    events: pulumi.output(inCluster),
    networkAddress: publicService
      ? publicService.status.apply((status) => publicAddress(config, status))
      : pulumi.output(inCluster),
    dashboard: pulumi.output(
      instances === 0 ? '' : `kubectl -n ${namespace} port-forward service/dashboard ${hostPort}`,
    ),
    psql: pulumi.output(psqlLine(config)),
    guarantee: describeGuarantee(config, !config.kubernetes.oneServerPerNode),
  }
}

type Status = Partial<pulumi.Unwrap<core.Service['status']>>

/**
 * The address of the load balancer, or with `NodePort` one with NODE instead of a node. A preview, and a cluster
 * without load balancers, know no address.
 */
function publicAddress(config: PlatformConfig, status: Status | undefined): string {
  const [first] = status?.loadBalancer?.ingress ?? []
  const isNodePort = config.kubernetes.service === 'NodePort'
  const host = isNodePort ? 'NODE' : (first?.hostname ?? first?.ip ?? 'ADDRESS-OF-LOAD-BALANCER')
  return eventsAddress(config, { host, kind: 'containers' })
}
