import { local } from '@pulumi/command'
import type * as apps from '@pulumi/kubernetes/apps/v1/index.js'
import * as pulumi from '@pulumi/pulumi'
import { inQuotes } from '../cluster/kubectl.ts'
import type { ClusterContext } from './context.ts'

/** Pods that the cluster keeps running. */
type Workload =
  | { readonly kind: 'statefulset'; readonly object: apps.StatefulSet }
  | { readonly kind: 'deployment'; readonly object: apps.Deployment }

/** Seconds after which pods that are not ready fail the `up`. */
const readySeconds = 600
/** For the provider, which also waits for the pods of a new workload. */
export const podTimeouts = { create: '10m', update: '10m', delete: '10m' } as const

/**
 * Waits until all pods of a workload are new and ready. Pulumi itself regards a changed Deployment as
 * done before its new pods are ready.
 *
 * @returns a resource that depends on the ready pods
 */
export function waitForPods(
  name: string,
  { kind, object }: Workload,
  {
    namespace,
    kubectlContext,
    parent,
  }: Pick<ClusterContext, 'namespace' | 'kubectlContext'> & { readonly parent: pulumi.Resource },
): local.Command {
  const { name: objectName, uid, generation } = object.metadata
  return new local.Command(
    `${name}-ready`,
    {
      create: pulumi.interpolate`kubectl --context ${inQuotes(kubectlContext)} --namespace ${namespace} rollout status ${kind}/${objectName} --timeout=${readySeconds}s`,
      // A replaced object begins with the first generation again.
      triggers: [uid, generation],
    },
    { parent },
  )
}
