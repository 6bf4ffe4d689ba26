import * as docker from '@pulumi/docker'
import * as pulumi from '@pulumi/pulumi'
import { majorityFirst } from '../../../topology/ensemble.ts'
import type { ServicePlan } from '../../../topology/service-plan.ts'
import type { ContainerContext } from '../container.ts'
import { container, ownedBy } from '../container.ts'
import { limitProcesses } from '../process-limit.ts'
import { specOf } from '../program-spec.ts'
import type { Secrets } from '../secrets.ts'

export type ZooKeeperArgs = {
  readonly plans: readonly ServicePlan[]
  readonly surroundings: ContainerContext
  readonly image: pulumi.Input<string>
  readonly secrets: Secrets
}

/** The ensemble: one server, or several that reach each other by name. */
export class ZooKeeper extends pulumi.ComponentResource {
  constructor(name: string, args: ZooKeeperArgs, options: pulumi.ComponentResourceOptions = {}) {
    super('av-telemetry:docker:ZooKeeper', name, {}, options)
    const [first, others] = majorityFirst(args.plans)
    const majority = first.map((plan) => this.#server(plan, args, []))
    for (const plan of others) this.#server(plan, args, majority)
    this.registerOutputs()
  }

  #server(
    plan: ServicePlan,
    args: ZooKeeperArgs,
    after: readonly pulumi.Resource[],
  ): docker.Container {
    const spec = specOf(plan, { ...args, parent: this })
    const options = ownedBy(this, [args.secrets, ...after])
    const server = new docker.Container(
      plan.name,
      container(plan, spec, args.surroundings),
      options,
    )
    limitProcesses(plan.name, server, this)
    return server
  }
}
