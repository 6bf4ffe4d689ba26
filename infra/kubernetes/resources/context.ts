import type * as pulumi from '@pulumi/pulumi'
import type { PlatformConfig } from '../../config/config-schema.ts'
import { platformLabels } from '../names.ts'

/** What all objects of a platform have in common. */
export type ClusterContext = {
  readonly config: PlatformConfig
  /** The name of the namespace, known when it exists. */
  readonly namespace: pulumi.Input<string>
  /** The context of kubectl for the cluster. */
  readonly kubectlContext: string
  /** The platform of the images, e.g. `linux/amd64`. Pods run only on such nodes. */
  readonly platform: string
}

/** The metadata of an object in the namespace of the platform. */
export function metadataOf(
  name: string,
  { namespace }: ClusterContext,
  labels: Readonly<Record<string, string>> = platformLabels,
) {
  return { name, namespace, labels: { ...labels } }
}
