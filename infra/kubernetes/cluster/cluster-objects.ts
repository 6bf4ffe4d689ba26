import { UserError } from '../../checks/user-error.ts'
import { labels, secretObject, stackAnnotation } from '../names.ts'
import { dataVolume } from '../resources/pod.ts'

/** Objects of the API, with the fields that the checks read, and what the checks need of them. */

type Metadata = {
  readonly name: string
  readonly namespace?: string
  readonly uid?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
}
export type Named = { readonly metadata: Metadata }
export type Node = Named & {
  readonly spec: {
    readonly unschedulable?: boolean
    readonly taints?: readonly {
      readonly key: string
      readonly value?: string
      readonly effect: string
    }[]
  }
  readonly status: {
    readonly nodeInfo: { readonly operatingSystem: string; readonly architecture: string }
    readonly conditions?: readonly { readonly type: string; readonly status: string }[]
  }
}
export type Secret = Named & { readonly data?: Readonly<Record<string, string>> }
export type Claim = Named & {
  readonly spec: {
    readonly storageClassName?: string
    readonly resources?: { readonly requests?: { readonly storage?: string } }
  }
}

/** A node of the cluster. */
export type ClusterNode = {
  readonly name: string
  /** E.g. `linux/amd64`. */
  readonly platform: string
  /** Why it takes no pods of the platform, as the end of a sentence; undefined if it takes them. */
  readonly obstacle?: string
}

export function toNode({ metadata, spec, status }: Node): ClusterNode {
  const { operatingSystem, architecture } = status.nodeInfo
  const isReady = status.conditions?.some(
    ({ type, status }) => type === 'Ready' && status === 'True',
  )
  const taint = spec.taints?.find(({ effect }) => ['NoSchedule', 'NoExecute'].includes(effect))
  const obstacle = spec.unschedulable
    ? 'is cordoned'
    : isReady !== true
      ? 'is not ready'
      : taint && `has the taint ${taint.key}${taint.value ? `=${taint.value}` : ''}:${taint.effect}`
  const node = { name: metadata.name, platform: `${operatingSystem}/${architecture}` }
  return obstacle === undefined ? node : { ...node, obstacle }
}

/**
 * The platform of the images: that of most nodes with Linux, whether they are ready or not. So it changes only with
 * the nodes of the cluster.
 */
export function platformOf(nodes: readonly ClusterNode[]): string {
  const found = nodes.map(({ platform }) => platform).filter((each) => each.startsWith('linux/'))
  const count = (platform: string) => found.filter((each) => each === platform).length
  const [first = 'linux/amd64'] = found.toSorted(
    (left, right) => count(right) - count(left) || (left < right ? -1 : 1),
  )
  return first
}

/** The volume of a server. */
export type ClusterVolume = {
  /** E.g. `kafka-0`. */
  readonly server: string
  /** Its size in gigabytes (2^30 bytes). */
  readonly gigabytes: number
  readonly storageClass: string
}

/** The claim of a StatefulSet's pod is named after the volume, the StatefulSet and the pod's number. */
export function toVolumes({ metadata, spec }: Claim): ClusterVolume[] {
  const [, server] = new RegExp(`^${dataVolume}-(.+)-0$`).exec(metadata.name) ?? []
  if (server === undefined) return []
  const gigabytes = toGigabytes(spec.resources?.requests?.storage ?? '')
  return [{ server, gigabytes, storageClass: spec.storageClassName ?? '' }]
}

/** Powers of 1024, relative to a gigabyte. The API server may write another unit than it was given. */
const units = ['Ki', 'Mi', 'Gi', 'Ti', 'Pi']

function toGigabytes(quantity: string): number {
  const [, digits = '', unit = ''] = /^(\d+)(\D*)$/.exec(quantity) ?? []
  const place = units.indexOf(unit)
  return place === -1 ? Number.NaN : Number(digits) * 1024 ** (place - units.indexOf('Gi'))
}

/**
 * The passwords and tokens by the name of their secret.
 *
 * @throws UserError if a Secret of the platform is empty: the servers keep passwords, so a new one would not be accepted
 */
export function passwordsIn(secrets: readonly Secret[]): Record<string, string> {
  const prefix = secretObject('')
  const ours = secrets.filter(({ metadata }) => metadata.name.startsWith(prefix))
  return Object.fromEntries(
    ours.map(({ metadata: { name, namespace = '' }, data }) => {
      const content = data?.['secret']
      if (content === undefined || content === '') {
        throw new UserError(
          `The Secret ${name} of the namespace ${namespace} has no content under the key "secret". Restore its content, or delete the Secret if the platform has no data: kubectl -n ${namespace} delete secret ${name}`,
        )
      }
      return [name.slice(prefix.length), Buffer.from(content, 'base64').toString('utf8')]
    }),
  )
}

/** The Pulumi stack that made a namespace; undefined if something else made it. */
export const stackOf = ({ metadata }: Named): string | undefined =>
  metadata.annotations?.[stackAnnotation]

export const toStorageClass = ({ metadata }: Named) => ({
  name: metadata.name,
  isDefault: metadata.annotations?.['storageclass.kubernetes.io/is-default-class'] === 'true',
})

/** The namespaces in which a platform of a stack runs. One that was destroyed has no servers. */
export function namespacesWithServers(
  namespaces: readonly Named[],
  servers: readonly Named[],
): { readonly name: string; readonly stack: string | undefined }[] {
  const withServers = new Set(
    servers
      .filter(({ metadata }) => metadata.labels?.[labels.instance] !== undefined)
      .map(({ metadata }) => metadata.namespace),
  )
  return namespaces
    .filter(({ metadata }) => withServers.has(metadata.name))
    .map((namespace) => ({ name: namespace.metadata.name, stack: stackOf(namespace) }))
}
