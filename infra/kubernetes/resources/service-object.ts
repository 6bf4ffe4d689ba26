import * as core from '@pulumi/kubernetes/core/v1/index.js'
import type { core as inputs } from '@pulumi/kubernetes/types/input.js'
import type * as pulumi from '@pulumi/pulumi'
import type { PortName } from '../../topology/placement.ts'
import type { RolePort } from '../../topology/role-file.ts'
import type { Role } from '../../topology/role-registry.ts'
import { roles } from '../../topology/role-registry.ts'
import type { ClusterContext } from './context.ts'
import { metadataOf } from './context.ts'

export type ServiceObjectArgs = {
  readonly context: ClusterContext
  readonly role: Role
  /** The labels of the pods. */
  readonly selector: Readonly<Record<string, string>>
  readonly spec: ServiceSpec
}

/** The fields of a Service that depend on who reaches it. */
export type ServiceSpec = Pick<
  inputs.v1.ServiceSpec,
  'type' | 'clusterIP' | 'publishNotReadyAddresses' | 'ports'
>

/**
 * A Service: the name by which other pods reach a role or an instance. Pulumi does not wait until a pod
 * is behind it, because the pods are made after it.
 */
export function serviceObject(
  name: string,
  { context, role, selector, spec }: ServiceObjectArgs,
  options: pulumi.CustomResourceOptions,
): core.Service {
  return new core.Service(
    `service-${name}`,
    {
      metadata: {
        ...metadataOf(name, context),
        annotations: { 'pulumi.com/skipAwait': 'true' },
      },
      spec: { selector: { ...selector }, ports: portsOf(role, context), ...spec },
    },
    options,
  )
}

/** The ports of a role in its container, also those between servers of a cluster. */
function portsOf(role: Role, { config }: Pick<ClusterContext, 'config'>) {
  const { ports = {}, peerPorts, instances } = roles[role]
  const named = (Object.entries(ports) as [PortName, RolePort][])
    .filter(([, { isOpen }]) => isOpen?.(config) ?? true)
    .map(([name, { container }]) => ({ name, port: container }))
  const main = ports.main?.container
  const ofPeers = main === undefined || instances(config) === 1 ? [] : (peerPorts?.(main) ?? [])
  return [...named, ...ofPeers.map((port) => ({ name: `peer-${port}`, port }))]
}
