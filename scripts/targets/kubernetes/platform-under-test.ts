import type pg from 'pg'
import type { PlatformConfig } from '../../../infra/config/config.ts'
import { hasVolume } from '../../../infra/kubernetes/placement.ts'
import type { Role } from '../../../infra/topology/role-registry.ts'
import { roleNames } from '../../../infra/topology/role-registry.ts'
import type { ServicePlan } from '../../../infra/topology/service-plan.ts'
import { addressText } from '../../../infra/topology/addresses.ts'
import type { BucketSettings } from '../../../services/adapters/objects/bucket-settings.ts'
import type { KafkaSettings } from '../../../services/adapters/kafka/client.ts'
import type {
  PlatformUnderTest,
  SpareInstance,
  Unavailable,
} from '../../verify/platform-under-test.ts'
import type { StoringRole } from '../../workload/workload.ts'
import { requireReady } from '../require-ready.ts'
import type { RunningPlatform } from '../target.ts'
import type { Cluster } from './cluster.ts'
import { servicePlans } from './platform.ts'
import { podsByPlan, podsOfRole } from './pods.ts'

/** Seconds to wait until a pod is ready. */
const readySeconds = 180

type Options = { readonly storedBy: StoringRole; readonly signal: AbortSignal }

type Parts = {
  readonly cluster: Cluster
  readonly platform: RunningPlatform
  readonly kafka: KafkaSettings
  readonly pool: pg.Pool
  readonly bucket: BucketSettings | undefined
  readonly ingressUrl: string
}

/** The user's platform on a cluster. Pods are deleted, and workloads are scaled. */
export class ClusterPlatformUnderTest implements PlatformUnderTest {
  readonly target = 'kubernetes'
  readonly config: PlatformConfig
  readonly ingressUrl: string
  readonly kafka: KafkaSettings
  readonly pool: pg.Pool
  readonly spare: SpareInstance
  readonly freezer: Unavailable = {
    unavailable: 'kubectl cannot send SIGSTOP to the first process of a container',
  }
  readonly cuttable: Unavailable = {
    unavailable:
      'whether a network policy cuts open connections depends on the network of the cluster',
  }
  readonly slowable: Unavailable = {
    unavailable: 'the pods do not have the right to slow down their network',
  }
  readonly disk: Unavailable = { unavailable: 'the volume of the database belongs to the cluster' }
  readonly bucket: () => BucketSettings | undefined
  readonly platformToken: () => Promise<string | undefined>
  readonly #cluster: Cluster
  readonly #plans: readonly ServicePlan[]
  /** Names of the services that are stopped. */
  readonly #stopped = new Set<string>()
  /** The last change of replicas of each object. The changes of one object are made one after another. */
  readonly #scaling = new Map<string, Promise<void>>()

  private constructor(parts: Parts, { storedBy }: Options) {
    const { cluster, platform, kafka, pool, bucket, ingressUrl } = parts
    this.config = platform.config
    this.ingressUrl = ingressUrl
    this.kafka = kafka
    this.pool = pool
    this.bucket = () => bucket
    this.platformToken = platform.platformToken
    this.#cluster = cluster
    this.#plans = servicePlans(platform.config)
    const { instances } = platform.config[storedBy]
    // One more replica than configured, which is not there at first.
    this.spare = { name: `${storedBy}-${instances}`, isPartOfPlatform: false }
    this.#stopped.add(this.spare.name)
  }

  /** @throws UserError if a pod is not ready */
  static async open(
    platform: RunningPlatform,
    cluster: Cluster,
    options: Options,
  ): Promise<ClusterPlatformUnderTest> {
    await requireReady(platform)
    const [kafka, pool, bucket, ingress] = await Promise.all([
      platform.kafka(),
      platform.pool(),
      platform.bucket(),
      platform.ingress(),
    ])
    const ingressUrl = `http://${addressText(ingress)}`
    return new ClusterPlatformUnderTest(
      { cluster, platform, kafka, pool, bucket, ingressUrl },
      options,
    )
  }

  services(role: Role): string[] {
    return this.#plans.filter((plan) => plan.role === role).map(({ name }) => name)
  }

  /**
   * Deletes a pod: SIGTERM, and SIGKILL after a second. Without this second the API server would forget the pod
   * while it still runs, and a second server could open the same volume.
   */
  async kill(name: string): Promise<void> {
    const role = this.#roleOf(name)
    const plans = this.#plans.filter((plan) => plan.role === role)
    const pods = podsByPlan(plans, await podsOfRole(this.#cluster, role))
    const pod = [...pods].find(([plan]) => plan.name === name)?.[1]
    // A pod that is starting again cannot be deleted.
    if (pod === undefined) return
    const options = ['--grace-period=1', '--wait=false', '--ignore-not-found']
    await this.#cluster.run('delete', 'pod', pod.metadata.name, ...options)
  }

  async stop(name: string): Promise<void> {
    this.#stopped.add(name)
    await this.#scale(name)
  }

  async start(name: string): Promise<void> {
    this.#stopped.delete(name)
    await this.#scale(name)
    await this.#cluster.untilReady(this.#objectOf(name), readySeconds)
  }

  /** Sets the number of replicas to that of the instances that are not stopped. */
  #scale(name: string): Promise<void> {
    const object = this.#objectOf(name)
    const last = this.#scaling.get(object) ?? Promise.resolve()
    const next = last
      .catch(() => undefined)
      .then(async () => {
        const names = [...this.#plans.map((plan) => plan.name), this.spare.name]
        const running = names.filter(
          (each) => this.#objectOf(each) === object && !this.#stopped.has(each),
        )
        await this.#cluster.run('scale', object, `--replicas=${running.length}`)
      })
    this.#scaling.set(object, next)
    return next
  }

  /** The StatefulSet of an instance with a volume, or the Deployment of all instances of a role. */
  #objectOf(name: string): string {
    const role = this.#roleOf(name)
    return hasVolume(role) ? `statefulset/${name}` : `deployment/${role}`
  }

  #roleOf(name: string): Role {
    const role = roleNames.find((each) => new RegExp(`^${each}-\\d+$`).test(name))
    if (role === undefined) throw new Error(`there is no service ${name}`)
    return role
  }

  /** Undoes what an interrupted fault has left: a stopped service, or the spare instance. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.pool.end()
    const left = [...this.#stopped].filter((name) => name !== this.spare.name)
    const isSpareLeft = !this.#stopped.has(this.spare.name)
    this.#stopped.clear()
    this.#stopped.add(this.spare.name)
    for (const name of [...left, ...(isSpareLeft ? [this.spare.name] : [])]) await this.#scale(name)
  }
}
