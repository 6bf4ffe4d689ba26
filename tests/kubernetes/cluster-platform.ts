import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { PlatformConfig } from '../../infra/config/config.ts'
import { loadConfig } from '../../infra/config/config.ts'
import { kubectl, kubectlGet } from '../../infra/kubernetes/cluster/kubectl.ts'
import { databaseOwner } from '../../infra/topology/logins/database-owner.ts'
import { masterConfig } from '../../scripts/platform/paths.ts'
import { Account } from '../docker/load.ts'
import type { Outputs, Stack } from '../docker/stack.ts'
import { IngressAddress } from './ingress-address.ts'
import type { Pod } from './pod.ts'
import type { ClusterStackKind } from './stack-kinds.ts'

/** Settings of the command line, for the platforms of all tests. */
const givenSettings = JSON.parse(
  process.env['AV_TELEMETRY_KUBERNETES_SET'] ?? '[]',
) as readonly string[]

/** Small volumes, and a cluster with one node. */
const testSettings = [
  'kubernetes.volumeGigabytes=1',
  'kubernetes.oneServerPerNode=false',
  'fleet.numVehicles=0',
  'devices.unknown=accept',
]

/** A platform of a test in a namespace of the cluster. */
export class ClusterPlatform implements AsyncDisposable {
  readonly name: string
  readonly stack: Stack
  /** The sent and acknowledged readings of all clients of this platform. */
  readonly account = new Account()
  readonly #folder: string
  readonly #address: IngressAddress
  #settings: readonly string[]

  private constructor(parts: { name: string; folder: string; stack: Stack; settings: string[] }) {
    this.name = parts.name
    this.stack = parts.stack
    this.#folder = parts.folder
    this.#settings = parts.settings
    this.#address = new IngressAddress(this.name)
  }

  /** @param more settings that override the settings of all test platforms */
  static async create(
    kind: ClusterStackKind,
    more: readonly string[] = [],
  ): Promise<ClusterPlatform> {
    const name = `avt-test-${randomBytes(3).toString('hex')}`
    const folder = mkdtempSync(join(tmpdir(), `${name}-`))
    const stack = await kind.create(name, folder)
    const settings = [
      `kubernetes.namespace=${name}`,
      `images.registry=${kind.registry()}`,
      ...testSettings,
      `ingress.addressFile=${join(folder, 'address')}`,
      ...givenSettings,
      ...more,
    ]
    return new ClusterPlatform({ name, folder, stack, settings })
  }

  get config(): PlatformConfig {
    return loadConfig(masterConfig, this.#settings)
  }

  /** The URL to which clients send readings. */
  get eventsUrl(): string {
    return `${this.#address.url}${this.config.ingress.path}`
  }

  /** @param more additional settings, which later calls keep */
  async up(...more: readonly string[]): Promise<Outputs> {
    this.#settings = [...this.#settings, ...more]
    const outputs = await this.stack.up(this.#settings)
    await this.#address.find()
    return outputs
  }

  /** @param more additional settings for this call only */
  async preview(...more: readonly string[]): Promise<string> {
    return this.stack.preview([...this.#settings, ...more])
  }

  /** Runs kubectl in the namespace of the platform. */
  kubectl(...args: readonly string[]): Promise<string> {
    return kubectl(`--namespace=${this.name}`, ...args)
  }

  /** The pods, sorted by name, without those that run once or are being deleted. */
  async pods(): Promise<Pod[]> {
    const list = await kubectlGet<{ readonly items: readonly Pod[] }>('pods', '-n', this.name)
    return (list?.items ?? []).filter(
      ({ metadata, status }) =>
        metadata.deletionTimestamp === undefined && status.phase !== 'Succeeded',
    )
  }

  /** Names of the objects of these kinds, e.g. `service/kafka-0`, without those that the cluster makes itself. */
  async objects(...kinds: readonly string[]): Promise<string[]> {
    const list = await this.kubectl('get', kinds.join(), '--output=name')
    const ofCluster = /\/(kube-root-ca\.crt|default)$/
    return list.split('\n').filter((line) => line !== '' && !ofCluster.test(line))
  }

  /** @returns the rows of a query; each row is text with `|` between the columns */
  async sql(query: string): Promise<string[]> {
    const psql = ['psql', '-U', databaseOwner, '-Atqc', query, this.config.postgres.database]
    const output = await this.kubectl('exec', 'postgres-0-0', '--', ...psql)
    return output === '' ? [] : output.split('\n')
  }

  /** Whether the namespace exists. */
  async exists(): Promise<boolean> {
    return (await kubectlGet('namespace', this.name)) !== undefined
  }

  /** Deletes the namespace, with everything in it. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#address[Symbol.dispose]()
    await kubectl('delete', 'namespace', this.name, '--ignore-not-found', '--wait')
    rmSync(this.#folder, { recursive: true, force: true })
  }
}
