import * as docker from '@pulumi/docker'
import * as pulumi from '@pulumi/pulumi'
import type { ServicePlan } from '../../../topology/service-plan.ts'
import type { ContainerContext } from '../container.ts'
import { container, ownedBy } from '../container.ts'
import { limitProcesses } from '../process-limit.ts'
import { specOf } from '../program-spec.ts'
import type { Secrets } from '../secrets.ts'

export type PostgresArgs = {
  readonly plan: ServicePlan
  readonly surroundings: ContainerContext
  readonly image: pulumi.Input<string>
  readonly secrets: Secrets
}

/** The database. */
export class Postgres extends pulumi.ComponentResource {
  readonly containerName: pulumi.Output<string>

  constructor(name: string, args: PostgresArgs, options: pulumi.ComponentResourceOptions = {}) {
    super('av-telemetry:docker:Postgres', name, {}, options)
    const { plan, surroundings, secrets } = args
    const postgres = new docker.Container(
      plan.name,
      container(plan, specOf(plan, { ...args, parent: this }), surroundings),
      ownedBy(this, [secrets]),
    )
    limitProcesses(plan.name, postgres, this)
    this.containerName = postgres.name
    this.registerOutputs({ containerName: this.containerName })
  }
}
