import type { PlatformConfig } from '../../infra/config.ts'
import type { PublishedPort } from '../../infra/docker/placement.ts'
import { dockerPlacement, publishedPorts } from '../../infra/docker/placement.ts'
import type { Role } from '../../infra/topology/registry.ts'
import { roles } from '../../infra/topology/registry.ts'
import type { RoleFile } from '../../infra/topology/role-file.ts'
import type { ServicePlan } from '../../infra/topology/service-plan.ts'
import { servicesOf, topologyOf } from '../../infra/topology/topology.ts'

/** The container that writes the passwords is Docker's alone: the topology does not know it. */
export type DrawnRole = Role | 'secrets'

/** A published port; health and metrics are told from a service's own work. */
export type DrawnPort = PublishedPort & { readonly isOps: boolean }

/** What the picture tells of a container, or of the vehicles, each of which is one. */
export type DrawnContainer = {
  /** The name on the network; the vehicles', which come and go, is their number. */
  readonly name: string
  readonly role: DrawnRole
  /** An image as it comes, or the one that ours is built on. */
  readonly image: string
  readonly isBuilt: boolean
  readonly heapMegabytes: number | undefined
  readonly ports: readonly DrawnPort[]
  /** Where its volume is mounted. */
  readonly dataFolder: string | undefined
  /** The passwords, and the token, that it sees. */
  readonly secrets: readonly string[]
  readonly isOnce: boolean
}

/** The services of a configuration as the Docker target runs them, the vehicles included. */
export function dockerPlans(config: PlatformConfig): ServicePlan[] {
  return servicesOf(topologyOf(config, dockerPlacement(config), 0))
}

/** Every container of a platform. */
export function drawnContainers(config: PlatformConfig): DrawnContainer[] {
  const containers = dockerPlans(config).map((plan) => toContainer(plan, config))
  const secrets = [...new Set(containers.flatMap((container) => container.secrets))].sort()
  return [...containers, secretsContainer(secrets, config)]
}

function toContainer(plan: ServicePlan, config: PlatformConfig): DrawnContainer {
  const { role } = plan
  return {
    name: role === 'fleet' ? vehiclesInWords(config) : plan.name,
    role,
    ...imageOf(role, config),
    heapMegabytes: plan.heapMegabytes,
    ports: portsOf(plan, config),
    dataFolder: roles[role].volume?.path,
    secrets: secretsOf(roles[role], config),
    isOnce: plan.ready.kind === 'exit',
  }
}

function secretsContainer(secrets: readonly string[], config: PlatformConfig): DrawnContainer {
  return {
    name: 'secrets',
    role: 'secrets',
    ...imageOf('provision', config),
    heapMegabytes: undefined,
    ports: [],
    dataFolder: undefined,
    secrets,
    isOnce: true,
  }
}

function portsOf(plan: ServicePlan, config: PlatformConfig): DrawnPort[] {
  return publishedPorts(config, plan).map((port) => ({
    ...port,
    isOps: plan.env['OPS_PORT'] === String(port.internal),
  }))
}

function imageOf(
  role: Role,
  { images }: PlatformConfig,
): Pick<DrawnContainer, 'image' | 'isBuilt'> {
  const { from, isBuilt } = roles[role].image
  return { image: images[from], isBuilt }
}

/** The passwords that it reads, and the secrets of the user's that there are. */
function secretsOf({ secrets = [], userFiles }: RoleFile, config: PlatformConfig): string[] {
  const files = userFiles?.(config) ?? []
  const given = files.filter(({ kind, path }) => kind === 'secret' && path !== '')
  return [...secrets, ...given.map(({ name }) => name)]
}

function vehiclesInWords({ fleet }: PlatformConfig): string {
  return fleet.numVehicles === 1 ? '1 vehicle' : `${fleet.numVehicles} vehicles`
}
