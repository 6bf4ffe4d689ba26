import { join } from 'node:path'
import type { PlatformConfig } from '../../../infra/config/config.ts'
import { toConfig } from '../../../infra/config/config.ts'
import { dockerPlacement } from '../../../infra/docker/placement.ts'
import { localPlacement } from '../../../infra/local/placement.ts'
import type { Placement } from '../../../infra/topology/placement.ts'
import type { Role } from '../../../infra/topology/role-registry.ts'
import type { ServicePlan } from '../../../infra/topology/service-plan.ts'
import { servicesOf, topologyOf } from '../../../infra/topology/topology.ts'

export function aPlacement(config = toConfig({}), state = '/state'): Placement {
  const names = ['data', 'logs', 'secrets', 'settings', 'bundles', 'jars'] as const
  const folders = Object.fromEntries(names.map((name) => [name, join(state, name)]))
  const known = folders as Record<(typeof names)[number], string>
  return localPlacement(config, { root: '/clone', state, ...known })
}

/** The services of a configuration for the local target, in start order. */
export function aPlatform(tree: object = {}, state?: string) {
  const config = toConfig(tree)
  return platformOf(config, aPlacement(config, state))
}

/** The services of a configuration for the Docker target. */
export function aDockerPlatform(tree: object = {}) {
  const config = toConfig(tree)
  return platformOf(config, dockerPlacement(config))
}

function platformOf(config: PlatformConfig, placement: Placement) {
  const topology = topologyOf(config, placement, 42)
  const services = servicesOf(topology)
  const of = (role: Role): ServicePlan[] => services.filter((plan) => plan.role === role)
  return { config, topology, services, of }
}

export const largePlatform = {
  zookeeper: { instances: 3 },
  kafka: { instances: 3, replicationFactor: 3, minInsyncReplicas: 2 },
  producer: { instances: 2 },
  consumer: { instances: 4 },
  ingress: { tokenFile: '/run/token' },
}
