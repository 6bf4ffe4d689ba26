import type pg from 'pg'
import type { PlatformConfig } from '../../infra/config/config.ts'
import type { Folders } from '../../infra/local/folders.ts'
import { LocalPlatform } from '../../infra/local/platform.ts'
import { releaseState } from '../../infra/local/run-record.ts'
import { addressText } from '../../infra/topology/addresses.ts'
import { roles } from '../../infra/topology/role-registry.ts'
import type { ServicePlan } from '../../infra/topology/service-plan.ts'
import { bucketFolder, localPlacement } from '../../infra/local/placement.ts'
import type { KafkaSettings } from '../../services/adapters/kafka/client.ts'
import type { BucketSettings } from '../../services/adapters/objects/bucket-settings.ts'
import { bucketOfPlatform } from '../platform/bucket.ts'
import { javaProgram } from '../platform/paths.ts'
import { localPassword, ownerPool } from '../platform/database.ts'
import { kafkaSettingsOf } from '../platform/kafka-queries.ts'
import { probesFor } from '../platform/probes.ts'
import {
  claimScratch,
  emptyFolders,
  scratchConfig,
  scratchFolders,
  removeFolders,
} from '../platform/scratch-platform.ts'
import { emptyScratchDatabase } from '../platform/external/scratch-database.ts'
import { deleteScratchTopics } from '../platform/external/scratch-topic.ts'
import type { WorkloadPlatform } from '../workload/platform.ts'
import type { Usage } from './machine.ts'
import { peakMegabytes, usageOf } from './machine.ts'

export type BenchPlatformOptions = {
  readonly configFile: string
  readonly settings: readonly string[]
  readonly signal: AbortSignal
}

/**
 * A separate platform to measure, with its own ports and folder. Its servers run; its services are
 * not started.
 */
export class BenchPlatform implements WorkloadPlatform, AsyncDisposable {
  readonly config: PlatformConfig
  readonly folders: Folders
  readonly kafka: KafkaSettings
  /** Connections with the owner's rights. */
  readonly pool: pg.Pool
  readonly #platform: LocalPlatform
  readonly #options: BenchPlatformOptions

  private constructor(
    platform: LocalPlatform,
    config: PlatformConfig,
    options: BenchPlatformOptions,
  ) {
    this.config = config
    this.folders = BenchPlatform.folders
    this.kafka = kafkaSettingsOf(config, localPassword(this.folders, 'kafka'))
    this.pool = ownerPool(config, localPassword(this.folders))
    this.#platform = platform
    this.#options = options
  }

  static get folders(): Folders {
    return scratchFolders('bench')
  }

  /** @param own settings of the benchmark */
  static async start(
    options: BenchPlatformOptions,
    own: readonly string[],
  ): Promise<BenchPlatform> {
    const { configFile, settings, signal } = options
    // Most loads send no token. Only this machine reaches the platform.
    const settingsOfBench = ['devices.unknown=accept', ...own]
    const config = await scratchConfig(configFile, settings, settingsOfBench)
    const at = BenchPlatform.folders
    await claimScratch(at, 'bench')
    emptyFolders(at)
    await emptyScratchDatabase(config, at)
    await deleteScratchTopics(config)
    const probes = probesFor(config, at)
    const platform = new LocalPlatform({
      config,
      folders: at,
      fleetSeed: 0,
      java: javaProgram(),
      probes,
    })
    try {
      await platform.prepare()
      for (const stage of platform.stages) {
        await platform.startStage(stage.filter(isServer), signal)
      }
      return new BenchPlatform(platform, config, options)
    } catch (error) {
      await platform.stop()
      releaseState(at.state)
      throw error
    }
  }

  /** The names of all configured services, without the servers (Kafka, ZooKeeper, Postgres). */
  get services(): readonly string[] {
    return namesOf(this.#platform.stages.flat().filter((plan) => !isServer(plan)))
  }

  /** The names of all long-running processes, servers and services. */
  get everything(): readonly string[] {
    return namesOf(this.#platform.stages.flat().filter(({ ready }) => ready.kind !== 'exit'))
  }

  /** Starts services in parallel. Resolves when they are ready. */
  async startServices(...names: readonly string[]): Promise<void> {
    await Promise.all(names.map((name) => this.#start(name)))
  }

  async #start(name: string): Promise<void> {
    const { signal } = this.#options
    if (this.#platform.processOf(name)) return this.#platform.startAgain(name, signal)
    const plans = this.#platform.stages.flat().filter((plan) => plan.name === name)
    await this.#platform.startStage(plans, signal)
  }

  async stopServices(...names: readonly string[]): Promise<void> {
    await Promise.all(names.map((name) => this.#platform.stopOne(name)))
  }

  readonly platformToken = (): Promise<string> =>
    Promise.resolve(localPassword(this.folders, 'gateway'))

  readonly bucket = (): BucketSettings | undefined =>
    bucketOfPlatform(this.config, bucketFolder(this.folders, this.config.objects.bucket))

  /** The URL that vehicles post to. */
  get eventsUrl(): string {
    return `${this.ingressUrl}${this.config.ingress.path}`
  }

  get ingressUrl(): string {
    return `http://127.0.0.1:${this.config.ingress.hostPort}`
  }

  get dashboardUrl(): string {
    return `http://127.0.0.1:${this.config.dashboard.hostPort}`
  }

  /** The URL of the health and metrics of a service. */
  opsUrl(role: 'producer' | 'consumer', instance: number): string {
    return `http://${addressText(localPlacement(this.config, this.folders).reach(role, instance, 'ops'))}`
  }

  /** CPU seconds that the processes of a service have used so far; 0 for a server that the user runs. */
  usage(name: string): Usage {
    return this.everything.includes(name) ? usageOf(this.pid(name)) : 0
  }

  /** Peak resident memory of a service. */
  peakMegabytes(name: string): number {
    return peakMegabytes(this.pid(name))
  }

  /** The process of a service. */
  pid(name: string): number {
    const pid = this.#platform.processOf(name)?.identity?.pid
    if (pid === undefined) throw new Error(`${name} is not running`)
    return pid
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.pool.end()
    await this.#platform.stop()
    releaseState(this.folders.state)
  }

  /** Removes all files of the platform. */
  static remove(): void {
    removeFolders(BenchPlatform.folders)
  }
}

/** Servers and one-time jobs, which must be started before the services. */
const isServer = ({ role, ready }: ServicePlan): boolean =>
  roles[role].bundle === undefined || ready.kind === 'exit'
const namesOf = (plans: readonly ServicePlan[]): string[] => plans.map(({ name }) => name)
