import { UserError } from '../../checks/user-error.ts'
import type { PlatformConfig } from '../../config/config-schema.ts'
import { platformLabels } from '../names.ts'
import type { Claim, ClusterNode, ClusterVolume, Named, Node, Secret } from './cluster-objects.ts'
import {
  namespacesWithServers,
  passwordsIn,
  stackOf,
  toNode,
  toStorageClass,
  toVolumes,
} from './cluster-objects.ts'
import { kubectl, kubectlGet } from './kubectl.ts'

/** What the checks before an `up` need to know about the cluster. */
export type ClusterFacts = {
  /** The current context of kubectl. */
  readonly context: string
  /** Identifies the cluster. A context may get another name, and a name another cluster. */
  readonly clusterId: string
  readonly nodes: readonly ClusterNode[]
  readonly storageClasses: readonly { readonly name: string; readonly isDefault: boolean }[]
  /** The namespace of the platform; undefined if it does not exist. */
  readonly namespace?: {
    /** The Pulumi stack that made it; undefined if it was made by something else. */
    readonly stack: string | undefined
  }
  /** The namespaces of all running platforms, each with its stack. */
  readonly platforms: readonly { readonly name: string; readonly stack: string | undefined }[]
  /** The volumes of servers in the namespace. */
  readonly volumes: readonly ClusterVolume[]
  /** Passwords in the namespace, by the name of their secret. */
  readonly passwords: Readonly<Record<string, string>>
}

/** @throws UserError if there is no context, the API server does not answer, or a right is missing */
export async function askCluster({ kubernetes }: PlatformConfig): Promise<ClusterFacts> {
  const context = await requireAnswer()
  const inNamespace = `--namespace=${kubernetes.namespace}`
  const ours = `--selector=${Object.entries(platformLabels)
    .map((pair) => pair.join('='))
    .join(',')}`
  const [nodes, classes, namespaces, servers, claims, secrets] = await Promise.all([
    list<Node>('nodes'),
    list<Named>('storageclasses'),
    list<Named>('namespaces'),
    list<Named>('statefulsets', '--all-namespaces', ours),
    list<Claim>('persistentvolumeclaims', inNamespace),
    list<Secret>('secrets', inNamespace, ours),
  ])
  const [clusterId, namespace] = ['kube-system', kubernetes.namespace].map((name) =>
    namespaces.find(({ metadata }) => metadata.name === name),
  )
  return {
    context,
    clusterId: clusterId?.metadata.uid ?? '',
    nodes: nodes.map(toNode),
    storageClasses: classes.map(toStorageClass),
    ...(namespace && { namespace: { stack: stackOf(namespace) } }),
    platforms: namespacesWithServers(namespaces, servers),
    volumes: claims.flatMap(toVolumes),
    passwords: passwordsIn(secrets),
  }
}

async function list<Item>(...args: readonly string[]): Promise<readonly Item[]> {
  return (await kubectlGet<{ readonly items: readonly Item[] }>(...args))?.items ?? []
}

/** @returns the context */
async function requireAnswer(): Promise<string> {
  const context = await kubectl('config', 'current-context').catch((error: unknown) => {
    if (error instanceof UserError) throw error
    return ''
  })
  if (context === '') {
    throw new UserError(
      'kubectl has no current context. Choose the cluster: kubectl config get-contexts; kubectl config use-context NAME',
    )
  }
  try {
    await kubectl('get', '--raw', '/readyz')
    return context
  } catch (error) {
    if (error instanceof UserError) throw error
    const reason = (error as Error).message.split('\n').at(-1) ?? ''
    throw new UserError(
      `The cluster of the context ${context} does not answer (${reason}). Check it with: kubectl cluster-info`,
    )
  }
}
