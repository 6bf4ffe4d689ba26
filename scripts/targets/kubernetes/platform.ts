import type { PlatformConfig } from '../../../infra/config/config.ts'
import { completeConfig } from '../../../infra/config/recorded-config.ts'
import { containerPort } from '../../../infra/containers/placement.ts'
import { UserError } from '../../../infra/checks/user-error.ts'
import { eventsInCluster, psqlLine } from '../../../infra/kubernetes/addresses.ts'
import {
  platformLabels,
  recordLabels,
  recordName,
  secretObject,
} from '../../../infra/kubernetes/names.ts'
import { kubernetesPlacement } from '../../../infra/kubernetes/placement.ts'
import { vehicleLabels } from '../../../infra/kubernetes/vehicle-pod.ts'
import type { Address } from '../../../infra/topology/addresses.ts'
import { addressText } from '../../../infra/topology/addresses.ts'
import { usesExternalPostgres } from '../../../infra/topology/external/postgres.ts'
import { kafkaUser } from '../../../infra/topology/logins/jaas.ts'
import { hasOwnKafka } from '../../../infra/topology/external/kafka.ts'
import type { SecretName } from '../../../infra/topology/placement.ts'
import type { Role } from '../../../infra/topology/role-registry.ts'
import { roles } from '../../../infra/topology/role-registry.ts'
import { usesOwnServer } from '../../../infra/topology/roles/objects.ts'
import type { ServicePlan } from '../../../infra/topology/service-plan.ts'
import { servicesOf, topologyOf } from '../../../infra/topology/topology.ts'
import type { KafkaSettings } from '../../../services/adapters/kafka/client.ts'
import type { BucketSettings } from '../../../services/adapters/objects/bucket-settings.ts'
import { configuredBucket } from '../../platform/bucket.ts'
import { givenPassword, ownerPool } from '../../platform/database.ts'
import { kafkaSettingsOf } from '../../platform/kafka-queries.ts'
import { askWhyNotReady } from '../../platform/why-not-ready.ts'
import type { RunningPlatform, RunningVehicles } from '../target.ts'
import type { Cluster } from './cluster.ts'
import { selector } from './cluster.ts'
import type { Pod } from './pods.ts'
import { isReady, podsOf, podsOfRole, reasonOf, restartsOf, statesOf } from './pods.ts'
import { PortForwards } from './port-forward.ts'

type RecordObject = {
  readonly metadata: { readonly namespace: string }
  readonly data: Readonly<Record<'config' | 'vehicleImage' | 'imagePlatform', string>>
}
type SecretObject = { readonly data?: { readonly secret?: string } }

/** What `up` has recorded in the namespace. */
export type PlatformRecord = {
  readonly config: PlatformConfig
  readonly vehicleImage: string
  /** Of the nodes that can run the image, e.g. `linux/amd64`. */
  readonly imagePlatform: string
}

/** @returns undefined if the namespace has no platform */
export async function readRecord(cluster: Cluster): Promise<PlatformRecord | undefined> {
  const found = await cluster.get<RecordObject>('configmap', recordName)
  if (found === undefined) return undefined
  const { config, vehicleImage, imagePlatform } = found.data
  return { config: completeConfig(JSON.parse(config)), vehicleImage, imagePlatform }
}

/** The namespaces of the cluster that have a platform. */
export async function namespacesWithPlatform(cluster: Cluster): Promise<string[]> {
  const found = await cluster.list<RecordObject>('configmaps', recordLabels, '--all-namespaces')
  return found.map(({ metadata }) => metadata.namespace)
}

/** The services of a platform in start order, without those that run once. */
export function servicePlans(config: PlatformConfig): ServicePlan[] {
  return servicesOf(topologyOf(config, kubernetesPlacement(), 0)).filter(
    ({ role, ready }) => !roles[role].isClient && ready.kind !== 'exit',
  )
}

/** Reads a password. @returns undefined if the namespace has no such Secret */
async function secretIn(cluster: Cluster, name: string): Promise<string | undefined> {
  const found = await cluster.get<SecretObject>('secret', secretObject(name))
  const text = found?.data?.secret
  return text === undefined ? undefined : Buffer.from(text, 'base64').toString('utf8')
}

/** The names of the secrets that a namespace has. */
export async function secretNamesIn(cluster: Cluster): Promise<string[]> {
  const text = await cluster.run('get', 'secrets', selector(platformLabels), '--output=name')
  const prefix = `secret/${secretObject('')}`
  return text
    .split('\n')
    .flatMap((line) => (line.startsWith(prefix) ? [line.slice(prefix.length)] : []))
}

async function requireSecret(cluster: Cluster, name: string): Promise<string> {
  const found = await secretIn(cluster, name)
  if (found !== undefined) return found
  throw new UserError(
    `The namespace ${cluster.namespace} has no Secret ${secretObject(name)}. Apply the platform again: scripts/launch-infra.sh --target kubernetes.`,
  )
}

/** A platform in a namespace. This machine reaches its pods through `kubectl port-forward`. */
export function onCluster(cluster: Cluster, { config }: PlatformRecord): RunningPlatform {
  const forwards = new PortForwards(cluster)
  const { namespace, context } = cluster
  const password = (role: SecretName = 'owner') =>
    givenPassword(config, role) ?? requireSecret(cluster, role)
  return {
    target: 'kubernetes',
    config,
    place: `on Kubernetes, namespace ${namespace}, context ${context}`,
    unit: 'pod',
    network: null,
    eventsUrl: eventsInCluster(config),
    psqlLine: psqlLine(config),
    serviceStates: async () =>
      statesOf(servicePlans(config), await podsOf(cluster), whyNotReady(forwards)),
    vehicles: () => vehiclesIn(cluster),
    pool: async () => {
      const owner = await password()
      if (usesExternalPostgres(config)) return ownerPool(config, owner)
      const { port: hostPort } = await forwards.to(portOf('postgres', 0))
      return ownerPool({ ...config, postgres: { ...config.postgres, hostPort } }, owner)
    },
    password,
    platformToken: () => secretIn(cluster, 'gateway'),
    kafka: async () => kafkaOf(config, forwards, await password('kafka')),
    bucket: () => bucketOf(config, cluster, forwards),
    // Within the cluster the ingress speaks no TLS.
    ingress: () => forwards.to({ object: 'deployment/ingress', port: mainPort('ingress') }),
    operations: (role) => operationsOf(role, cluster, forwards),
  }
}

/** The main port of a server with a volume. */
const portOf = (role: Role, instance: number) => ({
  object: `statefulset/${role}-${instance}`,
  port: mainPort(role),
})

const mainPort = (role: Role): number => containerPort(role, 'main').container

/** Brokers have the addresses of the cluster, which this machine replaces by those of the forwarded ports. */
async function kafkaOf(
  config: PlatformConfig,
  forwards: PortForwards,
  password: string,
): Promise<KafkaSettings> {
  if (!hasOwnKafka(config)) return kafkaSettingsOf(config, undefined)
  const { kafka } = config
  const placement = kubernetesPlacement()
  const brokers = Array.from({ length: kafka.instances }, (_, instance) => ({
    name: addressText(placement.reach('kafka', instance, 'main')),
    destination: portOf('kafka', instance),
  }))
  const reached = await Promise.all(
    brokers.map(async ({ name, destination }) => [name, await forwards.to(destination)] as const),
  )
  return {
    brokers: brokers.map(({ name }) => name),
    topic: kafka.topic,
    login: { mechanism: 'plain', username: kafkaUser, password },
    reachedAt: Object.fromEntries(reached),
  }
}

async function bucketOf(
  config: PlatformConfig,
  cluster: Cluster,
  forwards: PortForwards,
): Promise<BucketSettings | undefined> {
  if (!usesOwnServer(config)) return configuredBucket(config)
  const { region, bucket } = config.objects
  const [accessKey, secretKey, address] = await Promise.all([
    requireSecret(cluster, 's3-access-key'),
    requireSecret(cluster, 's3-secret-key'),
    forwards.to(portOf('objects', 0)),
  ])
  const endpoint = new URL(`http://${addressText(address)}`)
  return { kind: 's3', endpoint, region, bucket, accessKey, secretKey }
}

async function operationsOf(
  role: Role,
  cluster: Cluster,
  forwards: PortForwards,
): Promise<Address[]> {
  const port = operationsPort(role)
  if (port === undefined) return []
  const pods = (await podsOfRole(cluster, role)).filter(isReady)
  return Promise.all(
    pods.map(({ metadata }) => forwards.to({ object: `pod/${metadata.name}`, port })),
  )
}

const operationsPort = (role: Role): number | undefined => roles[role].ports?.ops?.container

const whyNotReady =
  (forwards: PortForwards) =>
  async ({ role }: ServicePlan, { metadata }: Pod): Promise<string | null> => {
    const port = operationsPort(role)
    if (port === undefined) return null
    return askWhyNotReady(await forwards.to({ object: `pod/${metadata.name}`, port }))
  }

async function vehiclesIn(cluster: Cluster): Promise<readonly RunningVehicles[]> {
  const pods = await cluster.list<Pod>('pods', vehicleLabels)
  return pods.map((pod) => ({ name: pod.metadata.name, status: statusOf(pod) }))
}

function statusOf(pod: Pod): string {
  if (!isReady(pod)) return reasonOf(pod) ?? pod.status.phase
  const restarts = restartsOf(pod)
  return restarts === 0 ? 'Up' : `Up, ${restarts} restarts`
}
