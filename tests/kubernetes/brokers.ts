import { Cluster } from '../../scripts/targets/kubernetes/cluster.ts'
import { onCluster, readRecord } from '../../scripts/targets/kubernetes/platform.ts'
import type { RunningPlatform } from '../../scripts/targets/target.ts'
import { BrokersView } from '../support/brokers-view.ts'
import type { ClusterPlatform } from './cluster-platform.ts'

/**
 * The brokers of a platform on Kubernetes, through `kubectl port-forward`. They are looked up at the first question
 * and not again, so all of them must run then.
 */
export function brokersOf({ name }: ClusterPlatform): BrokersView {
  let found: RunningPlatform | undefined
  return new BrokersView(async () => {
    found ??= await findPlatform(name)
    return found.kafka()
  })
}

async function findPlatform(namespace: string): Promise<RunningPlatform> {
  const cluster = await Cluster.open(namespace)
  const record = await readRecord(cluster)
  if (record === undefined) throw new Error(`The namespace ${namespace} has no platform.`)
  return onCluster(cluster, record)
}
