import * as apps from '@pulumi/kubernetes/apps/v1/index.js'
import * as pulumi from '@pulumi/pulumi'
import type { ServicePlan } from '../../topology/service-plan.ts'
import { labels, roleLabels } from '../names.ts'
import { metadataOf } from './context.ts'
import type { PodArgs } from './pod.ts'
import { dataVolume, podOf } from './pod.ts'
import { podTimeouts, waitForPods } from './rollout.ts'
import { serviceObject } from './service-object.ts'

export type ServerArgs = PodArgs & {
  readonly plan: ServicePlan
  /** Resources that must be ready before. */
  readonly after: readonly pulumi.Resource[]
}

/**
 * A server with a volume: Postgres, a ZooKeeper, a broker or the S3 server. Each is a StatefulSet of one
 * pod. In one StatefulSet, new and empty ZooKeepers could outvote the one with the data.
 */
export class Server extends pulumi.ComponentResource {
  /** Ready when its pod is. */
  readonly ready: pulumi.Resource

  constructor(name: string, args: ServerArgs, options: pulumi.ComponentResourceOptions = {}) {
    super('av-telemetry:kubernetes:Server', name, {}, options)
    const { plan, context, after } = args
    const selector = { ...roleLabels(plan.role), [labels.instance]: plan.name }
    // Servers find each other before they are ready.
    const spec = { clusterIP: 'None', publishNotReadyAddresses: true }
    const own = { parent: this }
    const service = serviceObject(plan.name, { context, role: plan.role, selector, spec }, own)
    const object = new apps.StatefulSet(
      plan.name,
      {
        metadata: metadataOf(plan.name, context, selector),
        spec: {
          serviceName: plan.name,
          replicas: 1,
          selector: { matchLabels: selector },
          // A replaced StatefulSet keeps its data. `destroy` removes the claims with the namespace.
          persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Retain' },
          // Otherwise a pod that never became ready would not be replaced after a correction.
          podManagementPolicy: 'Parallel',
          template: podOf(plan, args),
          volumeClaimTemplates: [claimOf(args)],
        },
      },
      {
        ...own,
        dependsOn: [service, args.secrets, ...after],
        customTimeouts: podTimeouts,
        // The size of existing volumes cannot be changed here. Another template would replace the StatefulSet.
        ignoreChanges: ['spec.volumeClaimTemplates'],
      },
    )
    this.ready = waitForPods(
      plan.name,
      { kind: 'statefulset', object },
      { ...context, parent: this },
    )
    this.registerOutputs()
  }
}

function claimOf({ context }: ServerArgs) {
  const { storageClass, volumeGigabytes } = context.config.kubernetes
  return {
    metadata: { name: dataVolume },
    spec: {
      accessModes: ['ReadWriteOnce'],
      ...(storageClass !== '' && { storageClassName: storageClass }),
      resources: { requests: { storage: `${volumeGigabytes}Gi` } },
    },
  }
}
