import { z } from 'zod'
import { text } from './schema-kinds.ts'

/** The section `kubernetes` of the configuration. */
export const kubernetes = z.strictObject({
  namespace: text(
    /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/,
    "expected up to 63 lower-case letters, digits and '-', with a letter or digit at both ends",
  )
    .default('av-telemetry')
    .describe(
      'Namespace of the platform. One platform has a namespace for itself, and stays in it until it is destroyed.',
    ),
  storageClass: z
    .string()
    .default('')
    .describe(
      'StorageClass of new volumes of Postgres, Kafka, ZooKeeper and the S3 server. Empty: the default class of the cluster.',
    ),
  volumeGigabytes: z
    .int()
    .min(1)
    .max(65_536)
    .default(20)
    .describe(
      'Size of each new volume in gigabytes (2^30 bytes). Existing volumes stay as they are.',
    ),
  oneServerPerNode: z
    .boolean()
    .default(true)
    .describe(
      'true: brokers run on different nodes, and so do ZooKeeper servers, so that the loss of a node is the loss of one of each. It needs as many nodes. false: they may share a node.',
    ),
  service: z
    .enum(['ClusterIP', 'NodePort', 'LoadBalancer'])
    .default('ClusterIP')
    .describe(
      'How clients outside the cluster reach the ingress. ClusterIP: not at all, or through an Ingress or Gateway of yours in front of the Service `ingress`. NodePort: at ingress.hostPort of each node with a pod of the ingress, a port from 30000 to 32767. LoadBalancer: at ingress.hostPort of a load balancer.',
    ),
})
