import { Provider } from '@pulumi/kubernetes/provider.js'
import type * as pulumi from '@pulumi/pulumi'
import type { Place } from './place-of-stack.ts'
import { placeOfStack } from './place-of-stack.ts'

/**
 * The provider of the objects, after the check of the place of the stack. `destroy` uses the same context. Objects
 * that a destroyed platform has kept are taken over.
 */
export function clusterProvider(
  place: Place,
  options: pulumi.CustomResourceOptions = {},
): Provider {
  return new Provider(
    'cluster',
    {
      context: place.kubectlContext,
      // Otherwise a renamed context or another address of the same cluster could replace all objects.
      clusterIdentifier: place.clusterId,
      upsertExistingObjects: true,
      enablePatchForce: true,
      enableSecretMutable: true,
      enableConfigMapMutable: true,
    },
    { ...options, dependsOn: [placeOfStack(place, options)] },
  )
}
