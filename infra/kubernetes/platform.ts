import * as pulumi from '@pulumi/pulumi'
import type { Outputs } from '../containers/outputs.ts'
import { openStack, plansByRole } from '../containers/stack.ts'
import { roleNames, roles } from '../topology/role-registry.ts'
import { generatedKeyNames } from '../topology/roles/objects.ts'
import { checkStack } from './check-stack.ts'
import { volumeWarnings } from './cluster/cluster-faults.ts'
import { platformOf } from './cluster/cluster-objects.ts'
import { clusterProvider } from './cluster-provider.ts'
import { RegistryImages } from './images.ts'
import { announce } from './outputs.ts'
import { kubernetesPlacement } from './placement.ts'
import { platformRecord } from './platform-record.ts'
import { platformNamespace } from './resources/namespace.ts'
import { Policies } from './resources/policies.ts'
import { ClusterSecrets } from './resources/secrets.ts'
import { renderServices } from './resources/services.ts'
import { UserFiles } from './resources/user-files.ts'

/**
 * Renders the topology as objects of a namespace of a cluster.
 *
 * @param root the clone
 */
export async function renderPlatform(root: string): Promise<Outputs> {
  const { config, tokens, stack, cluster } = await openStack(root, checkStack)
  const plansOf = plansByRole(config, kubernetesPlacement())
  const running = roleNames.filter((role) => !roles[role].isClient && plansOf(role).length > 0)
  const platform = platformOf(cluster.nodes)
  for (const warning of volumeWarnings(config, cluster)) void pulumi.log.warn(warning)
  // `npm run fleet` starts pods from the image of the vehicles.
  const imageRoles = [...running, 'fleet'] as const
  const images = new RegistryImages('images', { config, platform, root, roles: imageRoles })
  const place = {
    ...cluster,
    kubectlContext: cluster.context,
    namespace: config.kubernetes.namespace,
  }
  const provider = clusterProvider(place)
  const options = { providers: { kubernetes: provider } }
  const { name: namespace } = platformNamespace(config, stack, { provider }).metadata
  const context = { config, namespace, kubectlContext: cluster.context, platform }
  platformRecord(context, images.of('fleet'), { provider })
  const secretArgs = {
    context,
    tokens,
    generatedKeyNames: generatedKeyNames(config),
    keptPasswords: cluster.passwords,
  }
  const secrets = new ClusterSecrets('secrets', secretArgs, options)
  const userFiles = new UserFiles('files', { context, root }, options)
  const imageOf = images.of.bind(images)
  const publicService = renderServices({ context, secrets, userFiles, plansOf, imageOf }, options)
  new Policies('policies', { context, running }, options)
  return announce(config, publicService)
}
