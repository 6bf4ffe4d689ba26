import * as docker from '@pulumi/docker'
import * as pulumi from '@pulumi/pulumi'
import { memoryEnv } from '../node-memory.ts'
import type { SecretName } from '../placement.ts'
import type { Role, ServicePlan } from '../service-plan.ts'
import type { ContainerSpec, Mount, Surroundings } from './container.ts'
import { container, expectSuccess, ownedBy } from './container.ts'
import { ourUser } from './recipes.ts'
import type { Secrets, TokenName } from './secrets.ts'

export type ServiceArgs = {
  readonly plans: readonly ServicePlan[]
  readonly surroundings: Surroundings
  readonly image: pulumi.Input<string>
  readonly secrets: Secrets
  /** What must be ready before. */
  readonly after: readonly pulumi.Resource[]
  readonly labels?: Readonly<Record<string, string>>
  /** Files of the user's that it reads. */
  readonly files?: readonly Mount[]
}

type Own = {
  /** Beyond the heap, where that has a limit of its own. */
  readonly memoryMegabytes: number
  readonly secrets: readonly (SecretName | TokenName)[]
}

/** What each of our services may take, and which secrets it sees: no more than it needs. */
const own: Readonly<Partial<Record<Role, Own>>> = {
  provision: { memoryMegabytes: 256, secrets: ['owner', 'writer', 'reader'] },
  producer: { memoryMegabytes: 352, secrets: ['reader', 'token'] },
  consumer: { memoryMegabytes: 480, secrets: ['writer'] },
  dashboard: { memoryMegabytes: 256, secrets: ['reader', 'dashboard-token'] },
}

/** A service of ours, in as many instances as there are plans. */
export class Service extends pulumi.ComponentResource {
  constructor(name: string, args: ServiceArgs, options: pulumi.ComponentResourceOptions = {}) {
    super('av-telemetry:docker:Service', name, {}, options)
    const { plans, surroundings, after, secrets } = args
    for (const plan of plans) {
      const instance = new docker.Container(
        plan.name,
        container(plan, specOf(plan, args), surroundings),
        {
          ...ownedBy(this, [secrets, ...after]),
          ...replacedWithToken(plan, secrets),
        },
      )
      if (plan.ready.kind === 'exit') expectSuccess(instance)
    }
    this.registerOutputs()
  }
}

/** A token that has changed is read at the start. */
function replacedWithToken({ role }: ServicePlan, secrets: Secrets) {
  const name = own[role]?.secrets.find((secret) => isToken(secret))
  return name === undefined ? {} : { replacementTrigger: secrets.versionOf(name) }
}

function isToken(secret: SecretName | TokenName): secret is TokenName {
  return secret.endsWith('token')
}

function specOf(
  plan: ServicePlan,
  { image, secrets, labels = {}, files = [] }: ServiceArgs,
): ContainerSpec {
  const { memoryMegabytes, secrets: names } = own[plan.role] ?? {
    memoryMegabytes: 256,
    secrets: [],
  }
  return {
    image,
    user: ourUser,
    memoryMegabytes: memoryMegabytes + (plan.heapMegabytes ?? 0),
    env: { ...memoryEnv(plan), ...plan.env },
    mounts: [
      ...names.filter((name) => secrets.has(name)).map((name) => secrets.mount(name)),
      ...files,
    ],
    // All instances of a service share its name: the ingress finds the producers by it.
    aliases: [plan.role],
    labels,
  }
}
