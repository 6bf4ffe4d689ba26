import type { PlatformConfig } from '../config/config-schema.ts'
import { containerPlacement, containerPort } from '../containers/placement.ts'
import type { Placement } from '../topology/placement.ts'
import type { Role } from '../topology/role-registry.ts'
import { roleOf } from '../topology/role-registry.ts'

/** Whether each instance has a separate volume and name. Other roles have replicas behind one name. */
export const hasVolume = (role: string): boolean => roleOf(role).volume !== undefined

/** The roles that clients outside the platform reach, at their main port. */
export const publicRoles: readonly Role[] = ['ingress', 'dashboard']

/** The port of a public role in its container for clients outside the platform: that of TLS if it is configured. */
export function publicPortOf(role: Role, config: PlatformConfig): number {
  const { container, publishedContainer } = containerPort(role, 'main')
  return publishedContainer?.(config) ?? container
}

/** Stands for the name of the pod in the environment of a service. */
export const podName = '(name of the pod)'

/** While pods are replaced, one more of a role starts before one ends, and that one needs some seconds to end. */
const surplusPods = 2

/** Placement on Kubernetes: a server with a volume is reached by a Service for it alone, replicas by that of their role. */
export function kubernetesPlacement(): Placement {
  return {
    ...containerPlacement(),
    reach: (role, instance, name) => ({
      host: hasVolume(role) ? `${role}-${instance}` : role,
      port: containerPort(role, name).container,
    }),
    instanceName: podName,
    surplusInstances: (role) => (hasVolume(role) ? 0 : surplusPods),
    // Simulated vehicles run on other nodes than the dashboard.
    roadsFile: () => undefined,
    // The socket in the container, and the pods that the network policy admits.
    databaseAccess: ['local all all trust', 'host all all all scram-sha-256'],
  }
}
