import * as core from '@pulumi/kubernetes/core/v1/index.js'
import type * as pulumi from '@pulumi/pulumi'
import { recordName, recordLabels } from './names.ts'
import type { ClusterContext } from './resources/context.ts'
import { metadataOf } from './resources/context.ts'

/**
 * What commands need to know about a running platform, in its namespace: the whole configuration as JSON, and the
 * image of the vehicles with the platform of the nodes that can run it.
 */
export function platformRecord(
  context: ClusterContext,
  vehicleImage: pulumi.Input<string>,
  options: pulumi.CustomResourceOptions,
): core.ConfigMap {
  return new core.ConfigMap(
    recordName,
    {
      metadata: metadataOf(recordName, context, recordLabels),
      data: {
        config: JSON.stringify(context.config),
        vehicleImage,
        imagePlatform: context.platform,
      },
    },
    options,
  )
}
