import * as apps from '@pulumi/kubernetes/apps/v1/index.js'
import type * as core from '@pulumi/kubernetes/core/v1/index.js'
import * as pulumi from '@pulumi/pulumi'
import type { ServicePlan } from '../../topology/service-plan.ts'
import { roleLabels } from '../names.ts'
import { metadataOf } from './context.ts'
import type { PodArgs, PodTemplate } from './pod.ts'
import { podOf } from './pod.ts'
import { podTimeouts, waitForPods } from './rollout.ts'
import type { ServiceSpec } from './service-object.ts'
import { serviceObject } from './service-object.ts'

export type ReplicasArgs = PodArgs & {
  /** The instances of a role; their plans differ only in their names. */
  readonly plans: readonly [ServicePlan, ...ServicePlan[]]
  /** Resources that must be ready before. */
  readonly after: readonly pulumi.Resource[]
  readonly service: ServiceSpec
}

/**
 * The instances of a role that keeps no data: a Deployment. A new pod is ready before an old one ends, so
 * that clients always find one.
 */
export class Replicas extends pulumi.ComponentResource {
  readonly service: core.Service
  /** Ready when all pods are. */
  readonly ready: pulumi.Resource

  constructor(name: string, args: ReplicasArgs, options: pulumi.ComponentResourceOptions = {}) {
    super('av-telemetry:kubernetes:Replicas', name, {}, options)
    const { plans, context, after, service: spec } = args
    const [plan] = plans
    const { role } = plan
    const selector = roleLabels(role)
    const own = { parent: this }
    this.service = serviceObject(role, { context, role, selector, spec }, own)
    const object = new apps.Deployment(
      role,
      {
        metadata: metadataOf(role, context, selector),
        spec: {
          replicas: plans.length,
          selector: { matchLabels: selector },
          strategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
          template: spread(podOf(plan, args), selector),
        },
      },
      {
        ...own,
        dependsOn: [this.service, args.secrets, ...after],
        customTimeouts: podTimeouts,
      },
    )
    this.ready = waitForPods(role, { kind: 'deployment', object }, { ...context, parent: this })
    this.registerOutputs()
  }
}

/** Replicas run on different nodes where possible. Those of an earlier version do not count. */
function spread({ metadata, spec }: PodTemplate, matchLabels: Readonly<Record<string, string>>) {
  const constraint = {
    maxSkew: 1,
    topologyKey: 'kubernetes.io/hostname',
    whenUnsatisfiable: 'ScheduleAnyway',
    labelSelector: { matchLabels: { ...matchLabels } },
    matchLabelKeys: ['pod-template-hash'],
  }
  return { metadata, spec: { ...spec, topologySpreadConstraints: [constraint] } }
}

/** The Service of a role that only pods of the platform reach: DNS returns the addresses of all ready pods. */
export const headless = { clusterIP: 'None' } as const
