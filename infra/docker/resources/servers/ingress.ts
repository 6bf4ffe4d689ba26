import * as docker from '@pulumi/docker'
import * as pulumi from '@pulumi/pulumi'
import type { ServicePlan } from '../../../topology/service-plan.ts'
import type { ContainerContext } from '../container.ts'
import { container, memoryOf, ownedBy } from '../container.ts'
import { limitProcesses } from '../process-limit.ts'

export type IngressArgs = {
  readonly plan: ServicePlan
  readonly surroundings: ContainerContext
  readonly image: pulumi.Input<string>
  /** Resources that must be ready before. */
  readonly after: readonly pulumi.Resource[]
}

/**
 * HAProxy, the HTTP address of the platform. It finds the producers through the engine's DNS, so it is not
 * replaced when their number changes.
 */
export class Ingress extends pulumi.ComponentResource {
  readonly containerId: pulumi.Output<string>

  constructor(name: string, args: IngressArgs, options: pulumi.ComponentResourceOptions = {}) {
    super('av-telemetry:docker:Ingress', name, {}, options)
    const { plan, surroundings, image, after } = args
    const spec = { image, user: 'haproxy', memoryMegabytes: memoryOf(plan), aliases: [plan.role] }
    const ingress = new docker.Container(
      plan.name,
      container(plan, spec, surroundings),
      ownedBy(this, after),
    )
    limitProcesses(plan.name, ingress, this)
    this.containerId = ingress.id
    this.registerOutputs({ containerId: this.containerId })
  }
}
