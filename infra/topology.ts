import type { PlatformConfig } from './config-schema.ts'
import { majorityFirst } from './majority-first.ts'
import type { Placement } from './placement.ts'
import type { ServicePlan } from './service-plan.ts'
import * as plans from './service-plans.ts'

/** What runs, in the order of starting; a stage starts when the one before is ready. */
export type Topology = { readonly stages: readonly (readonly ServicePlan[])[] }

/**
 * Which services run, how many of each, and what each is told.
 *
 * @param config what the user wants
 * @param placement where a target puts services, secrets and files
 * @param fleetSeed from what the platform's own vehicles are made
 */
export function topologyOf(
  config: PlatformConfig,
  placement: Placement,
  fleetSeed: number,
): Topology {
  const { zookeeper, kafka, producer, consumer, dashboard, fleet } = config
  const context = { config, placement }
  const vehicles = { seed: fleetSeed, firstVehicle: 0, numVehicles: fleet.numVehicles }
  const each = (count: number, plan: InstancePlan): ServicePlan[] =>
    Array.from({ length: count }, (_, instance) => plan(context, instance))
  const [majority, others] = majorityFirst(each(zookeeper.instances, plans.zookeeper))
  return {
    stages: [
      [plans.postgres(context), ...majority],
      // A majority is all that the brokers need.
      [...others, ...each(kafka.instances, plans.kafka)],
      [plans.provision(context)],
      [
        ...each(consumer.instances, plans.consumer),
        ...each(producer.instances, plans.producer),
        plans.ingress(context),
        ...each(dashboard.instances, plans.dashboard),
      ],
      fleet.numVehicles > 0 ? [plans.fleet(context, vehicles)] : [],
    ],
  }
}

type InstancePlan = (context: plans.PlanContext, instance: number) => ServicePlan

/** Every service of a topology, in the order of starting. */
export function servicesOf(topology: Topology): ServicePlan[] {
  return topology.stages.flat()
}
