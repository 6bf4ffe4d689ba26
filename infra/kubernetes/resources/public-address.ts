import * as core from '@pulumi/kubernetes/core/v1/index.js'
import * as pulumi from '@pulumi/pulumi'
import { roleLabels } from '../names.ts'
import { publicPortOf } from '../placement.ts'
import type { ClusterContext } from './context.ts'
import { metadataOf } from './context.ts'

export type PublicAddressArgs = {
  readonly context: ClusterContext
  /** The pods of the ingress. */
  readonly after: readonly pulumi.Resource[]
}

/**
 * The ingress for clients outside the cluster: a Service with the one port that they use, which is that of TLS if it
 * is configured. `Local`: the ingress sees the addresses of its clients, which it needs for its limits. Pulumi waits
 * for the address of a load balancer, which may take minutes.
 */
export class PublicAddress extends pulumi.ComponentResource {
  readonly service: core.Service

  constructor(name: string, args: PublicAddressArgs, options: pulumi.ComponentResourceOptions) {
    super('av-telemetry:kubernetes:PublicAddress', name, {}, options)
    const { context, after } = args
    const { kubernetes, ingress } = context.config
    const port = {
      name: 'public',
      port: ingress.hostPort,
      targetPort: publicPortOf('ingress', context.config),
      ...(kubernetes.service === 'NodePort' && { nodePort: ingress.hostPort }),
    }
    this.service = new core.Service(
      'service-ingress-public',
      {
        metadata: metadataOf('ingress-public', context),
        spec: {
          type: kubernetes.service,
          externalTrafficPolicy: 'Local',
          selector: roleLabels('ingress'),
          ports: [port],
        },
      },
      { parent: this, dependsOn: [...after], customTimeouts: { create: '10m', update: '10m' } },
    )
    this.registerOutputs()
  }
}
