import type pg from 'pg'
import { addressText, speaksTls } from '../../../infra/topology/addresses.ts'
import type { PlatformConfig } from '../../../infra/config/config.ts'
import { loadConfig } from '../../../infra/config/config.ts'
import { maxConsumers } from '../../../infra/config/sections/schema-kinds.ts'
import type { Folders } from '../../../infra/local/folders.ts'
import { LocalPlatform } from '../../../infra/local/platform.ts'
import { releaseState } from '../../../infra/local/run-record.ts'
import type { SupervisedProcess } from '../../../infra/local/supervised-process.ts'
import { usesExternalPostgres } from '../../../infra/topology/external/postgres.ts'
import type { Role } from '../../../infra/topology/role-registry.ts'
import { signalGroup } from '../../../services/runtime/process/process-identity.ts'
import type { KafkaSettings } from '../../../services/adapters/kafka/client.ts'
import type { BucketSettings } from '../../../services/adapters/objects/bucket-settings.ts'
import { bucketFolder } from '../../../infra/local/placement.ts'
import { bucketOfPlatform } from '../../platform/bucket.ts'
import { javaProgram } from '../../platform/paths.ts'
import { localPassword, ownerPool } from '../../platform/database.ts'
import { kafkaSettingsOf } from '../../platform/kafka-queries.ts'
import { probesFor } from '../../platform/probes.ts'
import {
  claimScratch,
  emptyFolders,
  scratchConfig,
  scratchFolders,
  removeFolders,
} from '../../platform/scratch-platform.ts'
import { emptyScratchDatabase } from '../../platform/external/scratch-database.ts'
import { deleteScratchTopics } from '../../platform/external/scratch-topic.ts'
import type { StoringRole } from '../../workload/workload.ts'
import { LocalLinks } from './local-links.ts'
import { MountedDisk, unmountLeftover } from './small-disk.ts'
import type {
  Freezer,
  Link,
  SmallDisk,
  SpareInstance,
  PlatformUnderTest,
  Unavailable,
} from '../../verify/platform-under-test.ts'

export type LocalPlatformOptions = {
  readonly configFile: string
  readonly settings: readonly string[]
  /** The role that stores the units of the workload. It gets a spare instance. */
  readonly storedBy: StoringRole
  readonly signal: AbortSignal
}

type Parts = {
  readonly config: PlatformConfig
  readonly folders: Folders
  readonly platform: LocalPlatform
  readonly links: LocalLinks
  /** Name of the spare instance. */
  readonly spare: string
  readonly signal: AbortSignal
}

/**
 * A separate platform on this machine: the user's configuration with other ports and another
 * folder.
 */
export class LocalPlatformUnderTest implements PlatformUnderTest {
  readonly target = 'local'
  readonly config: PlatformConfig
  readonly ingressUrl: string
  readonly kafka: KafkaSettings
  readonly pool: pg.Pool
  readonly spare: SpareInstance
  readonly disk: SmallDisk | Unavailable
  readonly cuttable: readonly Link[]
  readonly slowable: readonly Link[]
  readonly #parts: Parts
  /** Process ids of frozen services, by service name. */
  readonly #frozen = new Map<string, number>()

  private constructor(parts: Parts) {
    const { config, links, platform, spare, signal } = parts
    this.#parts = parts
    this.config = config
    this.ingressUrl = `${speaksTls(config) ? 'https' : 'http'}://${addressText(links.ingress)}`
    this.kafka = kafkaSettingsOf(config, localPassword(parts.folders, 'kafka'))
    this.pool = ownerPool(config, localPassword(parts.folders))
    this.spare = { name: spare, isPartOfPlatform: false }
    this.cuttable = links.links
    this.slowable = links.links
    this.disk = usesExternalPostgres(config)
      ? { unavailable: 'the platform does not run Postgres (postgres.external)' }
      : MountedDisk.on(parts.folders, {
          stop: () => platform.stopOne('postgres-0'),
          start: () => platform.startAgain('postgres-0', signal),
        })
  }

  /** The folders of its state while it runs. */
  static get folders(): Folders {
    return scratchFolders('verify')
  }

  static async start({
    configFile,
    settings,
    storedBy,
    signal,
  }: LocalPlatformOptions): Promise<LocalPlatformUnderTest> {
    const config = await configWithSpare(configFile, settings, storedBy)
    const spare = `${storedBy}-${config[storedBy].instances - 1}`
    const at = LocalPlatformUnderTest.folders
    await takeFolders(at)
    await emptyScratchDatabase(config, at)
    await deleteScratchTopics(config)
    const links = await LocalLinks.open(config, at)
    const platform = new LocalPlatform({
      config,
      folders: at,
      fleetSeed: 0,
      java: javaProgram(),
      probes: probesFor(config, at),
      topology: links.topology(),
    })
    try {
      await platform.prepare()
      for (const stage of platform.stages) {
        const own = stage.filter(({ name }) => name !== spare)
        await platform.startStage(own, signal)
      }
      return new LocalPlatformUnderTest({ config, folders: at, platform, links, spare, signal })
    } catch (error) {
      await platform.stop()
      await links[Symbol.asyncDispose]()
      releaseState(at.state)
      throw error
    }
  }

  readonly platformToken = (): Promise<string> =>
    Promise.resolve(localPassword(this.#parts.folders, 'gateway'))

  readonly bucket = (): BucketSettings | undefined => {
    const { config, folders: at } = this.#parts
    return bucketOfPlatform(config, bucketFolder(at, config.objects.bucket))
  }

  services(role: Role): string[] {
    const plans = this.#parts.platform.stages.flat()
    return plans
      .filter((plan) => plan.role === role && plan.name !== this.spare.name)
      .map(({ name }) => name)
  }

  kill(name: string): Promise<void> {
    // A service that is restarting has no process to kill.
    const pid = this.#processOf(name).identity?.pid
    if (pid !== undefined) signalGroup(pid, 'SIGKILL')
    return Promise.resolve()
  }

  stop(name: string): Promise<void> {
    return this.#parts.platform.stopOne(name)
  }

  async start(name: string): Promise<void> {
    const { platform, signal } = this.#parts
    if (platform.processOf(name)) return platform.startAgain(name, signal)
    const plan = platform.stages.flat().filter((service) => service.name === name)
    await platform.startStage(plan, signal)
  }

  readonly freezer: Freezer = {
    freeze: (name) => {
      const pid = this.#processOf(name).identity?.pid
      if (pid !== undefined && signalGroup(pid, 'SIGSTOP')) this.#frozen.set(name, pid)
      return Promise.resolve()
    },
    thaw: (name) => {
      const pid = this.#frozen.get(name)
      if (pid !== undefined) signalGroup(pid, 'SIGCONT')
      this.#frozen.delete(name)
      return Promise.resolve()
    },
  }

  #processOf(name: string): SupervisedProcess {
    const process = this.#parts.platform.processOf(name)
    if (process === undefined) throw new Error(`the service ${name} is not running`)
    return process
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { platform, links, folders: at } = this.#parts
    for (const name of this.#frozen.keys()) await this.freezer.thaw(name)
    await this.pool.end()
    await platform.stop()
    await links[Symbol.asyncDispose]()
    if (this.disk instanceof MountedDisk) await this.disk.unmount()
    releaseState(at.state)
  }

  /** Removes everything that it has written. The results are in the printed table. */
  static remove(): void {
    removeFolders(LocalPlatformUnderTest.folders)
  }
}

/**
 * Adds one spare instance of a role. If the maximum is configured, the last instance becomes the
 * spare one.
 */
export function configWithSpare(
  file: string,
  settings: readonly string[],
  role: StoringRole,
): Promise<PlatformConfig> {
  const instances = Math.min(loadConfig(file, settings)[role].instances + 1, maxConsumers)
  return scratchConfig(file, settings, [`${role}.instances=${instances}`])
}

/** Allows one verify run at a time. Stops and removes what a killed run has left. */
async function takeFolders(at: Folders): Promise<void> {
  await claimScratch(at, 'verify')
  await unmountLeftover(at)
  emptyFolders(at)
}
