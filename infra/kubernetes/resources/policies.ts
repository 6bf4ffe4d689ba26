import * as networking from '@pulumi/kubernetes/networking/v1/index.js'
import * as policy from '@pulumi/kubernetes/policy/v1/index.js'
import type { networking as inputs } from '@pulumi/kubernetes/types/input.js'
import * as pulumi from '@pulumi/pulumi'
import { containerPort } from '../../containers/placement.ts'
import type { Role } from '../../topology/role-registry.ts'
import { roles } from '../../topology/role-registry.ts'
import { labels, platformLabels, roleLabels } from '../names.ts'
import { publicPortOf, publicRoles } from '../placement.ts'
import type { ClusterContext } from './context.ts'
import { metadataOf } from './context.ts'

export type PoliciesArgs = {
  readonly context: ClusterContext
  /** The roles that run. */
  readonly running: readonly Role[]
}

/** A dashboard that is not public may need no token, so no other pod may connect to it; `kubectl port-forward` still does. */
const isOpenToAll = (role: Role, { config }: ClusterContext): boolean =>
  publicRoles.includes(role) && (role !== 'dashboard' || config.dashboard.public)

/**
 * Who may connect to the pods, where the network of the cluster enforces it: services of the platform to all;
 * everybody to the public port of the ingress and to a public dashboard; simulated vehicles to nothing else than
 * the ingress. A budget for each role with several servers or replicas: a drain of a node evicts one at a time.
 */
export class Policies extends pulumi.ComponentResource {
  constructor(name: string, args: PoliciesArgs, options: pulumi.ComponentResourceOptions = {}) {
    super('av-telemetry:kubernetes:Policies', name, {}, options)
    const { context, running } = args
    const own = { parent: this }
    new networking.NetworkPolicy(
      'platform-only',
      {
        metadata: metadataOf('platform-only', context),
        spec: {
          podSelector: {},
          policyTypes: ['Ingress'],
          ingress: [{ from: [{ podSelector: services }] }],
        },
      },
      own,
    )
    for (const role of running.filter((each) => isOpenToAll(each, context))) {
      this.#openPublicPort(role, context)
    }
    this.#openToFleet(context)
    for (const role of running.filter((each) => roles[each].instances(context.config) > 1)) {
      new policy.PodDisruptionBudget(
        `budget-${role}`,
        {
          metadata: metadataOf(role, context),
          spec: { maxUnavailable: 1, selector: { matchLabels: roleLabels(role) } },
        },
        own,
      )
    }
    this.registerOutputs()
  }

  #openPublicPort(role: Role, context: ClusterContext): void {
    const rule = { ports: [{ port: publicPortOf(role, context.config) }] }
    this.#open({ name: `open-${role}`, role, rule }, context)
  }

  /** Simulated vehicles do not use TLS, and no other client may do without it. */
  #openToFleet(context: ClusterContext): void {
    const { container: port } = containerPort('ingress', 'main')
    if (port === publicPortOf('ingress', context.config)) return
    const from = [{ podSelector: { matchLabels: roleLabels('fleet') } }]
    const rule = { from, ports: [{ port }] }
    this.#open({ name: 'open-ingress-to-fleet', role: 'ingress', rule }, context)
  }

  #open({ name, role, rule }: Opening, context: ClusterContext): void {
    new networking.NetworkPolicy(
      name,
      {
        metadata: metadataOf(name, context),
        spec: {
          podSelector: { matchLabels: roleLabels(role) },
          policyTypes: ['Ingress'],
          ingress: [rule],
        },
      },
      { parent: this },
    )
  }
}

type Opening = {
  readonly name: string
  readonly role: Role
  readonly rule: inputs.v1.NetworkPolicyIngressRule
}

/** The pods of the platform without its simulated vehicles. */
const services = {
  matchLabels: platformLabels,
  matchExpressions: [{ key: labels.role, operator: 'NotIn', values: ['fleet'] }],
}
