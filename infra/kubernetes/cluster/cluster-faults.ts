import { lostDatabaseFaults } from '../../checks/lost-database.ts'
import { shrunkClusterFaults } from '../../checks/shrunk-cluster.ts'
import type { PlatformConfig } from '../../config/config-schema.ts'
import type { Role } from '../../topology/role-registry.ts'
import { roleNames, roles } from '../../topology/role-registry.ts'
import { usesOwnServer } from '../../topology/roles/objects.ts'
import { secretObject } from '../names.ts'
import type { ClusterFacts } from './ask-cluster.ts'
import type { ClusterVolume } from './cluster-objects.ts'
import { platformOf } from './cluster-objects.ts'

/** A fault of a setting or of the cluster, as a sentence that says what to do. */
export type Fault = string

/**
 * What would make an `up` fail halfway or damage data. Each fault is a sentence that says what to do.
 *
 * @param stack the Pulumi stack that will own the namespace
 */
export function clusterFaults(config: PlatformConfig, facts: ClusterFacts, stack: string): Fault[] {
  return [
    ...registryFaults(config),
    ...settingFaults(config),
    ...storageFaults(config, facts),
    ...nodeFaults(config, facts),
    ...namespaceFaults(config, facts, stack),
    ...serverFaults(config, facts),
    ...passwordFaults(config, facts),
  ]
}

function registryFaults({ images }: PlatformConfig): Fault[] {
  if (images.registry !== '') return []
  return [
    'images.registry is empty. The nodes of the cluster pull our images from a registry: set it to one that this machine can push to, for example images.registry=registry.example/fleet.',
  ]
}

/** Settings that mean a file or an address of this machine, which a cluster does not have. */
function settingFaults(config: PlatformConfig): Fault[] {
  const { worker, dashboard, ingress, kubernetes } = config
  const faults: Fault[] = []
  if (worker.hostAddress !== '') {
    faults.push(
      'worker.hostAddress is set, but on Kubernetes Kafka and Postgres have no address outside the cluster. Remove it, and run more workers in the cluster: worker.instances.',
    )
  }
  if (dashboard.pmtilesFile !== '') {
    faults.push(
      'dashboard.pmtilesFile is set, but an object of the cluster has no room for a map. Remove it, or use dashboard.tilesUrl.',
    )
  }
  if (ingress.tls.selfSigned) {
    faults.push(
      'ingress.tls.selfSigned is true, but only npm start makes a certificate. Name one with ingress.tls.certFile and ingress.tls.keyFile (docs/tls.md).',
    )
  }
  if (kubernetes.service === 'NodePort' && !isNodePort(ingress.hostPort)) {
    faults.push(
      `kubernetes.service is NodePort, so ingress.hostPort is a port of the nodes, but it is ${ingress.hostPort}. Set it to one from ${firstNodePort} to ${lastNodePort}, for example ingress.hostPort=30501.`,
    )
  }
  return faults
}

/** The default of the API server's option --service-node-port-range. */
const firstNodePort = 30_000
const lastNodePort = 32_767

const isNodePort = (port: number): boolean => port >= firstNodePort && port <= lastNodePort

function storageFaults({ kubernetes }: PlatformConfig, { storageClasses }: ClusterFacts): Fault[] {
  const wanted = kubernetes.storageClass
  const names = storageClasses.map(({ name }) => name)
  const known = names.length === 0 ? 'it has none' : `it has ${names.join(', ')}`
  if (wanted !== '' && !names.includes(wanted)) {
    return [
      `kubernetes.storageClass is ${wanted}, which the cluster does not have (${known}). Name one of them, or create it.`,
    ]
  }
  if (wanted !== '' || storageClasses.some(({ isDefault }) => isDefault)) return []
  return [
    `The cluster has no default StorageClass (${known}). Name one in kubernetes.storageClass.`,
  ]
}

function nodeFaults(config: PlatformConfig, { nodes, volumes }: ClusterFacts): Fault[] {
  const platform = platformOf(nodes)
  const obstacles = nodes.flatMap((node) => {
    const obstacle = node.platform === platform ? node.obstacle : `has ${node.platform}`
    return obstacle === undefined ? [] : [`${node.name} ${obstacle}`]
  })
  const count = nodes.length - obstacles.length
  const others = obstacles.length === 0 ? '' : ` (${obstacles.join(', ')})`
  if (count === 0)
    return [`No node of the cluster takes pods of the platform${others}. Add a node.`]
  if (!config.kubernetes.oneServerPerNode) return []
  const nodesTake =
    count === 1 ? 'one node of the cluster takes' : `${count} nodes of the cluster take`
  return clusterRoles.flatMap((role) => {
    const wanted = roles[role].instances(config)
    // Servers that exist keep running while a node is away.
    const existing = volumes.filter(({ server }) => server.startsWith(`${role}-`)).length
    if (wanted <= Math.max(count, existing)) return []
    return [
      `${role}.instances is ${wanted}, but only ${nodesTake} pods of the platform${others}, and servers of one kind run on different nodes. Add nodes, or set kubernetes.oneServerPerNode=false: the loss of a node may then be the loss of several servers.`,
    ]
  })
}

/** Roles whose instances keep copies of each other's data. */
const clusterRoles: readonly Role[] = roleNames.filter((role) => roles[role].cluster)

function namespaceFaults(
  { kubernetes }: PlatformConfig,
  { namespace, platforms }: ClusterFacts,
  stack: string,
): Fault[] {
  const ours = platforms.filter((each) => each.stack === stack).map(({ name }) => name)
  const [earlier] = ours
  if (earlier !== undefined && !ours.includes(kubernetes.namespace)) {
    return [
      `kubernetes.namespace is ${kubernetes.namespace}, but this stack runs the platform in the namespace ${earlier}, which would be deleted with its data. Set kubernetes.namespace to ${earlier}, or destroy the platform first: pulumi destroy`,
    ]
  }
  if (namespace === undefined || namespace.stack === stack) return []
  const owner =
    namespace.stack === undefined
      ? 'was not made by this platform'
      : `belongs to the stack ${namespace.stack}`
  return [
    `The namespace ${kubernetes.namespace} exists and ${owner}. Set kubernetes.namespace to another name; the platform makes it.`,
  ]
}

/** Refuses to remove a server with data. */
function serverFaults(config: PlatformConfig, { volumes }: ClusterFacts): Fault[] {
  const { namespace } = config.kubernetes
  const servers = volumes.map(({ server }) => server)
  const startEmpty = `destroy the platform and delete its namespace to start empty (kubectl delete namespace ${namespace})`
  const existing = { names: servers, holder: `The namespace ${namespace}`, startEmpty }
  const shrunk = [...shrunkClusterFaults(config, existing), ...lostDatabaseFaults(config, existing)]
  if (usesOwnServer(config) || !servers.includes('objects-0')) return shrunk
  return [
    ...shrunk,
    `The namespace ${namespace} has a bucket with files, but this configuration has no S3 server, so the files would be deleted. Set files.enabled to true without objects.endpoint, or ${startEmpty}.`,
  ]
}

/** A database keeps the password of its owner, so it would not accept a new one. */
function passwordFaults({ kubernetes }: PlatformConfig, facts: ClusterFacts): Fault[] {
  const { namespace } = kubernetes
  const hasDatabase = facts.volumes.some(({ server }) => server === 'postgres-0')
  if (!hasDatabase || facts.passwords['owner'] !== undefined) return []
  return [
    `The namespace ${namespace} has a database, but no Secret ${secretObject('owner')} with the password of its owner. Restore the Secret, or delete the namespace to start empty (kubectl delete namespace ${namespace}).`,
  ]
}

/** Settings that have no effect on volumes that exist already, as sentences. */
export function volumeWarnings(
  { kubernetes }: PlatformConfig,
  { volumes }: ClusterFacts,
): string[] {
  const { volumeGigabytes, storageClass } = kubernetes
  const namesOf = (differs: (volume: ClusterVolume) => boolean) =>
    volumes.filter(differs).map(({ server }) => server)
  const ofOtherSize = namesOf(({ gigabytes }) => gigabytes !== volumeGigabytes)
  const ofOtherClass = namesOf((each) => storageClass !== '' && each.storageClass !== storageClass)
  const warn = (setting: string, servers: readonly string[]) =>
    servers.length === 0
      ? []
      : [
          `Warning: ${setting} has no effect on existing volumes. Those of ${servers.join(', ')} stay as they are.`,
        ]
  return [
    ...warn(`kubernetes.volumeGigabytes=${volumeGigabytes}`, ofOtherSize),
    ...warn(`kubernetes.storageClass=${storageClass}`, ofOtherClass),
  ]
}
