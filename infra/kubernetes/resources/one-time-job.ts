import * as batch from '@pulumi/kubernetes/batch/v1/index.js'
import * as pulumi from '@pulumi/pulumi'
import type { ServicePlan } from '../../topology/service-plan.ts'
import { metadataOf } from './context.ts'
import type { PodArgs } from './pod.ts'
import { podOf } from './pod.ts'

export type JobArgs = PodArgs & {
  readonly plan: ServicePlan
  /** Resources that must be ready before. */
  readonly after: readonly pulumi.Resource[]
}

/** Number of attempts of a job. Servers may restart while it runs. */
const attempts = 5
/** Less than Pulumi waits, so that an `up` reports why the job failed. The pauses between all attempts are 310 s. */
const limitSeconds = 540

/** A role that runs once and ends. A Job cannot be changed, so a new one replaces it, also one that has failed. */
export class OneTimeJob extends pulumi.ComponentResource {
  /** Ready when it has ended with success. */
  readonly ready: pulumi.Resource

  constructor(name: string, args: JobArgs, options: pulumi.ComponentResourceOptions = {}) {
    super('av-telemetry:kubernetes:OneTimeJob', name, {}, options)
    const { plan, context, after } = args
    const template = podOf(plan, args)
    this.ready = new batch.Job(
      plan.role,
      {
        metadata: {
          ...metadataOf(plan.role, context),
          annotations: { 'pulumi.com/replaceUnready': 'true' },
        },
        spec: {
          backoffLimit: attempts,
          activeDeadlineSeconds: limitSeconds,
          template: { ...template, spec: { ...template.spec, restartPolicy: 'Never' } },
        },
      },
      {
        parent: this,
        dependsOn: [args.secrets, ...after],
        replaceOnChanges: ['spec'],
        deleteBeforeReplace: true,
        customTimeouts: { create: '10m', update: '10m', delete: '10m' },
      },
    )
    this.registerOutputs()
  }
}
