import type pg from 'pg'
import { addressText, ingressAddress, speaksTls } from '../../../infra/topology/addresses.ts'
import type { PlatformConfig } from '../../../infra/config/config.ts'
import { containerState, crashContainer } from '../../../infra/docker/engine/crash.ts'
import { docker } from '../../../infra/docker/engine/engine.ts'
import { platformToken } from '../../../infra/docker/engine/running.ts'
import { nameOf } from '../../../infra/docker/names.ts'
import { dockerPlacement } from '../../../infra/docker/placement.ts'
import type { Role } from '../../../infra/topology/role-registry.ts'
import { servicesOf, topologyOf } from '../../../infra/topology/topology.ts'
import { sleep } from '../../../services/runtime/retry.ts'
import type { KafkaSettings } from '../../../services/adapters/kafka/client.ts'
import type { BucketSettings } from '../../../services/adapters/objects/bucket-settings.ts'
import { bucketOnDocker } from '../../platform/bucket.ts'
import { requireReady } from '../require-ready.ts'
import type { RunningPlatform } from '../target.ts'
import type { WorkloadPlatform } from '../../workload/platform.ts'
import type { StoringRole } from '../../workload/workload.ts'
import type {
  Freezer,
  Link,
  SpareInstance,
  PlatformUnderTest,
  Unavailable,
} from '../../verify/platform-under-test.ts'

const pollMs = 500
/** Roles whose first instance can be disconnected from the network. */
const cuttableRoles = ['producer', 'consumer', 'worker', 'kafka', 'zookeeper', 'postgres'] as const
/** Seconds to wait until a container is healthy. */
const healthTimeoutSeconds = 180

type DockerPlatformOptions = {
  /** The role that stores the units of the workload. */
  readonly storedBy: StoringRole
  readonly signal: AbortSignal
}

type Attachment = { readonly Aliases: readonly string[] | null }

/** The user's platform on Docker. Faults are injected into it. */
export class DockerPlatformUnderTest implements PlatformUnderTest {
  readonly target = 'docker'
  readonly config: PlatformConfig
  readonly ingressUrl: string
  readonly kafka: KafkaSettings
  readonly pool: pg.Pool
  readonly spare: SpareInstance | Unavailable
  readonly cuttable: readonly Link[]
  readonly slowable: Unavailable = {
    unavailable: 'the containers do not have the right to slow down their network',
  }
  readonly disk: Unavailable = {
    unavailable: 'the volume of the database is on the disk of the Docker engine',
  }
  readonly platformToken = (): Promise<string | undefined> => platformToken(this.config)
  readonly bucket = (): BucketSettings | undefined => bucketOnDocker(this.config)
  readonly #signal: AbortSignal

  private constructor(
    { config, kafka, pool }: Pick<WorkloadPlatform, 'config' | 'kafka' | 'pool'>,
    { storedBy, signal }: DockerPlatformOptions,
  ) {
    this.config = config
    this.kafka = kafka
    this.pool = pool
    const scheme = speaksTls(config) ? 'https' : 'http'
    this.ingressUrl = `${scheme}://${addressText(ingressAddress(config))}`
    const { instances } = config[storedBy]
    this.spare =
      instances > 1
        ? { name: `${storedBy}-${instances - 1}`, isPartOfPlatform: true }
        : { unavailable: `it needs ${storedBy}.instances of 2 or more` }
    this.cuttable = cuttableRoles.map((role) => this.#linkOf(role))
    this.#signal = signal
  }

  /** @throws UserError if a service is not ready */
  static async open(
    platform: RunningPlatform,
    options: DockerPlatformOptions,
  ): Promise<DockerPlatformUnderTest> {
    await requireReady(platform)
    const { config } = platform
    const [kafka, pool] = await Promise.all([platform.kafka(), platform.pool()])
    return new DockerPlatformUnderTest({ config, kafka, pool }, options)
  }

  services(role: Role): string[] {
    const plans = servicesOf(topologyOf(this.config, dockerPlacement(this.config), 0))
    return plans.filter((plan) => plan.role === role).map(({ name }) => name)
  }

  async kill(name: string): Promise<void> {
    // A container that is restarting has no process to kill.
    if ((await containerState(this.config, name)).Pid > 0) await crashContainer(this.config, name)
  }

  async stop(name: string): Promise<void> {
    await docker('stop', nameOf(this.config, name))
  }

  async start(name: string): Promise<void> {
    await docker('start', nameOf(this.config, name))
    await this.#untilHealthy(name)
  }

  async #untilHealthy(name: string): Promise<void> {
    const deadline = Date.now() + healthTimeoutSeconds * 1000
    while ((await containerState(this.config, name)).Health?.Status !== 'healthy') {
      this.#signal.throwIfAborted()
      if (Date.now() > deadline)
        throw new Error(`${name} is not healthy after ${healthTimeoutSeconds} s`)
      await sleep(pollMs, this.#signal)
    }
  }

  readonly freezer: Freezer = {
    freeze: async (name) => {
      await docker('pause', nameOf(this.config, name))
    },
    thaw: async (name) => {
      await docker('unpause', nameOf(this.config, name))
    },
  }

  /** A Docker network cannot cut single connections: a container is attached to it or not. */
  #linkOf(role: Role): Link {
    const service = this.services(role)[0] ?? ''
    let aliases: readonly string[] = []
    const network = this.config.network.name
    const container = nameOf(this.config, service)
    return {
      name: `${service}–all`,
      roles: [role],
      cut: async () => {
        const format = `{{json (index .NetworkSettings.Networks "${network}")}}`
        const attachment = JSON.parse(
          await docker('inspect', '--format', format, container),
        ) as Attachment
        aliases = attachment.Aliases ?? []
        await docker('network', 'disconnect', network, container)
      },
      slow: () => Promise.reject(new Error(this.slowable.unavailable)),
      heal: async () => {
        const names = aliases.flatMap((alias) => ['--alias', alias])
        await docker('network', 'connect', ...names, network, container)
        await this.#untilHealthy(service)
      },
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.pool.end()
  }
}
