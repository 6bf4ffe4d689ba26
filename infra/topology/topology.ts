import type { PlatformConfig } from '../config/config-schema.ts'
import { majorityFirst } from './ensemble.ts'
import { generatedFiles, pipelinesEnv } from './pipelines.ts'
import type { Placement } from './placement.ts'
import type { Role } from './role-registry.ts'
import { eachInstance, roles, runsIn, stageOf, startNames } from './role-registry.ts'
import type { PlanContext, PlanDetails } from './role-file.ts'
import type { FleetShare } from './roles/fleet.ts'
import { vehicles } from './roles/fleet.ts'
import type { ServicePlan } from './service-plan.ts'
import { watchedServices } from './watched-services.ts'

/** All services in start order. A stage starts when the stage before it is ready. */
export type Topology = { readonly stages: readonly (readonly ServicePlan[])[] }

/**
 * Plans which services run, how many instances of each, and the configuration of each instance.
 *
 * @param config the configuration
 * @param placement addresses and paths on the target
 * @param fleetSeed seed of the simulated vehicles
 */
export function topologyOf(
  config: PlatformConfig,
  placement: Placement,
  fleetSeed: number,
): Topology {
  const context = contextOf(config, placement, fleetSeed)
  const stages: ServicePlan[][] = []
  const add = (stage: number, plans: readonly ServicePlan[]): void => {
    stages[stage] = [...(stages[stage] ?? []), ...plans]
  }
  for (const name of startNames) {
    const role = roles[name]
    if (!runsIn(role, config, placement.kind)) continue
    const plans = eachInstance(role, config, (instance) => planOf(name, instance, context))
    const [first, others] = role.cluster === 'majority' ? majorityFirst(plans) : [plans, []]
    add(stageOf(role), first)
    if (others.length > 0) add(stageOf(role) + 1, others)
  }
  return { stages }
}

/** Every service of a topology, in start order. */
export function servicesOf(topology: Topology): ServicePlan[] {
  return topology.stages.flat()
}

/** The plan of a process of vehicles that is added to a platform. */
export function vehiclesPlan(
  config: PlatformConfig,
  placement: Placement,
  share: FleetShare,
): ServicePlan {
  const context = contextOf(config, placement, share.seed)
  return toPlan({ role: 'fleet', instance: 0 }, vehicles(context, share), context)
}

function contextOf(config: PlatformConfig, placement: Placement, fleetSeed: number): PlanContext {
  return {
    config,
    placement,
    fleetSeed,
    watchedServices: watchedServices(config, placement),
    databaseConnections: databaseConnections(config, placement),
  }
}

function databaseConnections(
  config: PlatformConfig,
  { surplusInstances = () => 0 }: Placement,
): number {
  const each = Object.values(roles).map((role) => {
    const configured = role.instances(config)
    const instances = configured === 0 ? 0 : configured + surplusInstances(role.name)
    return instances * (role.databaseConnections?.(config) ?? 0)
  })
  return each.reduce((sum, connections) => sum + connections, 0)
}

function planOf(role: Role, instance: number, context: PlanContext): ServicePlan {
  return toPlan({ role, instance }, roles[role].plan(context, instance), context)
}

function toPlan(
  { role, instance }: Pick<ServicePlan, 'role' | 'instance'>,
  details: PlanDetails,
  context: PlanContext,
): ServicePlan {
  const declared = roles[role]
  return {
    name: `${role}-${instance}`,
    role,
    instance,
    settings: {},
    ...details,
    env: { ...details.env, ...pipelinesEnv(declared, context) },
    files: generatedFiles(declared, context),
  }
}
