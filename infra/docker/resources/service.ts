import * as docker from '@pulumi/docker'
import * as pulumi from '@pulumi/pulumi'
import { tokensOf } from '../../containers/placement.ts'
import { roles } from '../../topology/role-registry.ts'
import type { ServicePlan } from '../../topology/service-plan.ts'
import type { ContainerSpec, Mount, ContainerContext } from './container.ts'
import { container, expectSuccess, ownedBy } from './container.ts'
import { limitProcesses } from './process-limit.ts'
import { specOf } from './program-spec.ts'
import type { Secrets } from './secrets.ts'

export type ServiceArgs = {
  readonly plans: readonly ServicePlan[]
  readonly surroundings: ContainerContext
  readonly image: pulumi.Input<string>
  readonly secrets: Secrets
  /** Resources that must be ready before. */
  readonly after: readonly pulumi.Resource[]
  readonly labels?: Readonly<Record<string, string>>
  /** User files that it reads. */
  readonly files?: readonly Mount[]
}

/**
 * One of our services, with one instance for each plan. With `isReplacedInTurn` an instance is created or
 * replaced after the one before is ready, so that one of several always runs.
 */
export class Service extends pulumi.ComponentResource {
  constructor(name: string, args: ServiceArgs, options: pulumi.ComponentResourceOptions = {}) {
    super('av-telemetry:docker:Service', name, {}, options)
    const { plans, surroundings, secrets } = args
    let after = args.after
    for (const plan of plans) {
      const instance = new docker.Container(
        plan.name,
        container(plan, this.#specOf(plan, args), surroundings),
        {
          ...ownedBy(this, [secrets, ...after]),
          ...replacedWithToken(tokensOf(plan.role, surroundings.config), secrets),
        },
      )
      if (plan.ready.kind === 'exit') expectSuccess(instance)
      else limitProcesses(plan.name, instance, this)
      if (roles[plan.role].isReplacedInTurn) after = [...after, instance]
    }
    this.registerOutputs()
  }

  #specOf(plan: ServicePlan, args: ServiceArgs): ContainerSpec {
    return {
      ...specOf(plan, { ...args, parent: this }),
      // All instances of a service share its name. The ingress finds the producers by it.
      aliases: [plan.role],
      labels: args.labels ?? {},
    }
  }
}

/** Replaces the container when a token changes, because services read tokens at the start. */
function replacedWithToken(tokens: readonly string[], secrets: Secrets) {
  if (tokens.length === 0) return {}
  const versions = pulumi.all(tokens.map((name) => secrets.versionOf(name)))
  return { replacementTrigger: versions.apply((each) => each.join(' ')) }
}
