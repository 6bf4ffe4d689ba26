import * as docker from '@pulumi/docker'
import * as pulumi from '@pulumi/pulumi'
import type { ServicePlan } from '../../../topology/service-plan.ts'
import type { ContainerContext } from '../container.ts'
import { container, ownedBy } from '../container.ts'
import { limitProcesses } from '../process-limit.ts'
import { specOf } from '../program-spec.ts'
import type { Secrets } from '../secrets.ts'
import type { ZooKeeper } from './zookeeper.ts'

export type KafkaArgs = {
  readonly plans: readonly ServicePlan[]
  readonly surroundings: ContainerContext
  readonly image: pulumi.Input<string>
  readonly zookeeper: ZooKeeper
  readonly secrets: Secrets
}

/** The brokers. */
export class Kafka extends pulumi.ComponentResource {
  constructor(name: string, args: KafkaArgs, options: pulumi.ComponentResourceOptions = {}) {
    super('av-telemetry:docker:Kafka', name, {}, options)
    const { plans, surroundings, zookeeper, secrets } = args
    for (const plan of plans) {
      const broker = new docker.Container(
        plan.name,
        container(plan, specOf(plan, { ...args, parent: this }), surroundings),
        ownedBy(this, [secrets, zookeeper]),
      )
      limitProcesses(plan.name, broker, this)
    }
    this.registerOutputs()
  }
}
