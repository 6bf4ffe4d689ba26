import * as core from '@pulumi/kubernetes/core/v1/index.js'
import type * as pulumi from '@pulumi/pulumi'
import type { PlatformConfig } from '../../config/config-schema.ts'
import { platformLabels, stackAnnotation } from '../names.ts'

/**
 * The namespace of a platform. It admits only pods that are confined (Kubernetes documentation, Pod Security
 * Standards). With `postgres.keepData` it stays after `destroy`, with its volumes and passwords.
 *
 * @param stack the Pulumi stack that owns it
 */
export function platformNamespace(
  { kubernetes, postgres }: PlatformConfig,
  stack: string,
  options: pulumi.CustomResourceOptions = {},
): core.Namespace {
  return new core.Namespace(
    'namespace',
    {
      metadata: {
        name: kubernetes.namespace,
        labels: {
          ...platformLabels,
          'pod-security.kubernetes.io/enforce': 'restricted',
          'pod-security.kubernetes.io/warn': 'restricted',
        },
        annotations: { [stackAnnotation]: stack },
      },
    },
    { ...options, retainOnDelete: postgres.keepData },
  )
}
