import type { PlatformConfig } from '../../infra/config/config.ts'
import type { PublishedPort } from '../../infra/docker/placement.ts'
import { dockerPlacement, publishedPorts } from '../../infra/docker/placement.ts'
import type { Role } from '../../infra/topology/role-registry.ts'
import { roles } from '../../infra/topology/role-registry.ts'
import type { RoleFile } from '../../infra/topology/role-file.ts'
import type { ServicePlan } from '../../infra/topology/service-plan.ts'
import { servicesOf, topologyOf } from '../../infra/topology/topology.ts'

/**
 * Only the Docker target has the container that writes the passwords; the topology does not contain
 * it.
 */
export type DiagramRole = Role | 'secrets'

/** A published port; `isOps` marks the port of health and metrics. */
export type DiagramPort = PublishedPort & { readonly isOps: boolean }

/** What the diagram shows of one container, or of all vehicles together. */
export type DiagramContainer = {
  /** The name on the network; for the vehicles their number, e.g. `10 vehicles`. */
  readonly name: string
  readonly role: DiagramRole
  readonly ports: readonly DiagramPort[]
  /** Where its volume is mounted, if it has one. */
  readonly dataFolder: string | undefined
  /** Names of the passwords and tokens that it can read. */
  readonly secrets: readonly string[]
  /** Whether it runs once and ends. */
  readonly isOnce: boolean
}

/** The services of a configuration as the Docker target runs them, the vehicles included. */
export function dockerPlans(config: PlatformConfig): ServicePlan[] {
  return servicesOf(topologyOf(config, dockerPlacement(config), 0))
}

/** Every container of a platform. */
export function diagramContainers(config: PlatformConfig): DiagramContainer[] {
  const containers = dockerPlans(config).map((plan) => toContainer(plan, config))
  const secrets = [...new Set(containers.flatMap((container) => container.secrets))].sort()
  return [...containers, secretsContainer(secrets)]
}

function toContainer(plan: ServicePlan, config: PlatformConfig): DiagramContainer {
  const { role } = plan
  return {
    name: role === 'fleet' ? describeVehicles(config) : plan.name,
    role,
    ports: portsOf(plan, config),
    dataFolder: roles[role].volume?.path,
    secrets: secretsOf(roles[role], config),
    isOnce: plan.ready.kind === 'exit',
  }
}

function secretsContainer(secrets: readonly string[]): DiagramContainer {
  return {
    name: 'secrets',
    role: 'secrets',
    ports: [],
    dataFolder: undefined,
    secrets,
    isOnce: true,
  }
}

function portsOf(plan: ServicePlan, config: PlatformConfig): DiagramPort[] {
  return publishedPorts(config, plan).map((port) => ({
    ...port,
    isOps: plan.env['OPS_PORT'] === String(port.internal),
  }))
}

/** The passwords that a role reads, and the user's secrets that are configured. */
function secretsOf({ secrets = [], userFiles }: RoleFile, config: PlatformConfig): string[] {
  const files = userFiles?.(config) ?? []
  const given = files.filter(({ kind, path }) => kind === 'secret' && path !== '')
  return [...secrets, ...given.map(({ name }) => name)]
}

function describeVehicles({ fleet }: PlatformConfig): string {
  return fleet.numVehicles === 1 ? '1 vehicle' : `${fleet.numVehicles} vehicles`
}
