import * as docker from '@pulumi/docker'
import * as pulumi from '@pulumi/pulumi'
import type { ServicePlan } from '../../../topology/service-plan.ts'
import type { ContainerContext } from '../container.ts'
import { container, ownedBy } from '../container.ts'
import { limitProcesses } from '../process-limit.ts'
import { specOf } from '../program-spec.ts'
import type { Secrets } from '../secrets.ts'

export type ObjectsArgs = {
  readonly plan: ServicePlan
  readonly surroundings: ContainerContext
  readonly image: pulumi.Input<string>
  readonly secrets: Secrets
}

/** The S3 server. */
export class Objects extends pulumi.ComponentResource {
  constructor(name: string, args: ObjectsArgs, options: pulumi.ComponentResourceOptions = {}) {
    super('av-telemetry:docker:Objects', name, {}, options)
    const { plan, surroundings, secrets } = args
    const spec = { ...specOf(plan, { ...args, parent: this }), aliases: [plan.role] }
    const server = new docker.Container(
      plan.name,
      container(plan, spec, surroundings),
      ownedBy(this, [secrets]),
    )
    limitProcesses(plan.name, server, this)
    this.registerOutputs()
  }
}
