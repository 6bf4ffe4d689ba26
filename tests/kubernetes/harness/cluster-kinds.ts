import { image } from '../../docker/harness/image-resources.ts'
import type { ResourceKinds } from '../../docker/harness/resource-kind.ts'
import { command, password } from '../../docker/harness/small-resources.ts'
import { clusterJob, clusterObject, clusterProvider } from './cluster-object.ts'
import { giveToNodes } from './load-image.ts'

/** The resources of the Kubernetes target. */
export const clusterKinds: ResourceKinds = {
  'pulumi:providers:kubernetes': clusterProvider,
  'kubernetes:core/v1:Namespace': clusterObject,
  'kubernetes:core/v1:Secret': clusterObject,
  'kubernetes:core/v1:ConfigMap': clusterObject,
  'kubernetes:core/v1:Service': clusterObject,
  'kubernetes:apps/v1:StatefulSet': clusterObject,
  'kubernetes:apps/v1:Deployment': clusterObject,
  'kubernetes:batch/v1:Job': clusterJob,
  'kubernetes:policy/v1:PodDisruptionBudget': clusterObject,
  'kubernetes:networking.k8s.io/v1:NetworkPolicy': clusterObject,
  'docker:index/image:Image': {
    ...image,
    create: async (inputs) => {
      const outputs = await image.create(inputs)
      const name = String(inputs['imageName'])
      await giveToNodes(name)
      return { ...outputs, repoDigest: name }
    },
  },
  'random:index/randomPassword:RandomPassword': password,
  'command:local:Command': command,
}
