import { clusterHarness } from '../docker/harness-stack.ts'
import { clusterPulumi, isPulumiInstalled } from '../docker/pulumi-stack.ts'
import type { StackKind } from '../docker/stack.ts'
import { noRegistry, pulumiRegistry } from './own-cluster.ts'

/** A way to run the Pulumi program on a cluster, and the registry of its images on the cluster of the tests. */
export type ClusterStackKind = StackKind & { readonly registry: () => string }

export const harness: ClusterStackKind = { ...clusterHarness, registry: () => noRegistry }
const pulumi: ClusterStackKind = { ...clusterPulumi, registry: pulumiRegistry }

/** The harness, and Pulumi if it is installed. Not asynchronous, as that of the Docker tests. */
export function stackKinds(): readonly ClusterStackKind[] {
  return isPulumiInstalled() ? [harness, pulumi] : [harness]
}
