import * as docker from '@pulumi/docker'
import * as pulumi from '@pulumi/pulumi'
import type { ServicePlan } from '../../../topology/service-plan.ts'
import type { ContainerContext, Mount } from '../container.ts'
import { container, ownedBy } from '../container.ts'
import { limitProcesses } from '../process-limit.ts'
import { specOf } from '../program-spec.ts'
import type { Secrets } from '../secrets.ts'

export type IngressArgs = {
  readonly plan: ServicePlan
  readonly surroundings: ContainerContext
  readonly image: pulumi.Input<string>
  readonly secrets: Secrets
  /** The folders with certificate and key; none without TLS. */
  readonly certificateFolders: readonly Mount[]
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
    const { plan, surroundings, image, secrets, certificateFolders, after } = args
    const spec = {
      ...specOf(plan, { surroundings, image, secrets, files: certificateFolders, parent: this }),
      aliases: [plan.role],
    }
    const ingress = new docker.Container(
      plan.name,
      container(plan, spec, surroundings),
      ownedBy(this, [secrets, ...after]),
    )
    limitProcesses(plan.name, ingress, this)
    this.containerId = ingress.id
    this.registerOutputs({ containerId: this.containerId })
  }
}
