import { Option } from 'commander'
import { UserError } from '../../../infra/checks/user-error.ts'
import { NoKubectlError } from '../../../infra/kubernetes/cluster/kubectl.ts'
import type { RunningPlatform, Search, Target } from '../target.ts'
import { SilentTargetError } from '../target.ts'
import { NoContextError } from './cluster.ts'
import { openCluster } from './open-cluster.ts'
import { namespacesWithPlatform, onCluster, readRecord } from './platform.ts'

/** Pods of a cluster, which `pulumi up` makes. */
export const kubernetes: Target = {
  name: 'kubernetes',
  place: 'on Kubernetes',
  mustBeNamed: true,
  options: [
    new Option('--namespace <name>', 'which platform on Kubernetes, by its namespace'),
    new Option(
      '--context <name>',
      'the cluster, by the context of kubectl; default: the current one',
    ),
  ],
  isMeantBy: ({ namespace, context }) => namespace !== undefined || context !== undefined,
  find: (search) => (search.isMeant ? findMeant(search) : findIfAny(search)),
  verification: async () => (await import('./verification.ts')).verification,
  launcher: async () => (await import('./launcher.ts')).launcher,
  vehicles: async () => (await import('./vehicles.ts')).vehicles,
}

/** Never a platform of another namespace: it may belong to somebody else. */
async function findMeant({ choice, given }: Search): Promise<RunningPlatform | undefined> {
  const cluster = await openCluster(choice, given)
  const record = await readRecord(cluster)
  if (record) return onCluster(cluster, record)
  const others = await namespacesWithPlatform(cluster).catch(() => [])
  const where =
    others.length === 0
      ? 'Start one: scripts/launch-infra.sh --target kubernetes.'
      : `Namespaces with a platform: ${others.join(', ')}. Choose one with --namespace NAME.`
  throw new UserError(
    `The namespace ${cluster.namespace} of the context ${cluster.context} has no platform. ${where}`,
  )
}

/** Without kubectl or a context there is none. A cluster that gives no answer may have one. */
async function findIfAny({ choice, given }: Search): Promise<RunningPlatform | undefined> {
  try {
    const cluster = await openCluster(choice, given)
    const record = await readRecord(cluster)
    return record && onCluster(cluster, record)
  } catch (error) {
    if (error instanceof NoKubectlError || error instanceof NoContextError) return undefined
    throw new SilentTargetError(
      `No platform is running on this machine or on Docker. ${(error as Error).message}`,
    )
  }
}
