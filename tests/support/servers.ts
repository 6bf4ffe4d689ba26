import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { PlatformConfig } from '../../infra/config/config.ts'
import { toConfig } from '../../infra/config/config.ts'
import type { Folders } from '../../infra/local/folders.ts'
import { foldersOf, makeFolders } from '../../infra/local/folders.ts'
import { writeGeneratedFiles } from '../../infra/local/generated-files.ts'
import { localPlacement } from '../../infra/local/placement.ts'
import type { Probes } from '../../infra/local/readiness.ts'
import { LocalPlatform } from '../../infra/local/platform.ts'
import { memoryEnv } from '../../infra/topology/node-memory.ts'
import type { SupervisedProcess } from '../../infra/local/supervised-process.ts'
import type { Topology } from '../../infra/topology/topology.ts'
import { servicesOf, topologyOf } from '../../infra/topology/topology.ts'
import type { KafkaSettings } from '../../services/adapters/kafka/client.ts'
import { localPassword } from '../../scripts/platform/database.ts'
import { kafkaSettingsOf } from '../../scripts/platform/kafka-queries.ts'
import { probesFor } from '../../scripts/platform/probes.ts'
import { root } from '../../scripts/platform/paths.ts'
import { scratchPorts } from '../../scripts/ports/scratch-ports.ts'
import { testFolder } from '../../scripts/test/leftovers.ts'

/** Real Postgres, ZooKeeper and Kafka on free ports and in a temporary folder. */
export type Servers = AsyncDisposable & {
  readonly platform: LocalPlatform
  readonly folders: Folders
  readonly config: PlatformConfig
}

/**
 * Settings with free ports and no address file, so that a test platform does not disturb the
 * user's.
 */
export async function isolatedSettings(): Promise<string[]> {
  return [...(await scratchPorts()), 'ingress.addressFile=""', 'ingress.hostAddress=127.0.0.1']
}

/** Creates a folder for the state of a test platform. The Postgres user can enter it. */
export function createStateFolder(): string {
  const folder = mkdtempSync(join(testFolder(), 'av-telemetry-test-'))
  chmodSync(folder, 0o755)
  return folder
}

/** What a test changes in the platform. */
type Changes = {
  readonly topology?: (topology: Topology) => Topology
  readonly probes?: Partial<Probes>
}

export async function startServers(
  settings: readonly string[] = [],
  changes: Changes = {},
): Promise<Servers> {
  const config = toConfig({}, [...(await isolatedSettings()), 'fleet.numVehicles=0', ...settings])
  const folders = foldersOf(root, createStateFolder())
  makeFolders(folders)
  const platform = await prepare(config, folders, changes)
  const [storage = [], brokers = []] = platform.stages
  const { signal } = new AbortController()
  await platform.startStage(storage, signal)
  await platform.startStage(brokers, signal)
  return {
    platform,
    folders,
    config,
    [Symbol.asyncDispose]: async () => {
      await platform.stop()
      for (const folder of [folders.state, folders.bundles]) {
        rmSync(folder, { recursive: true, force: true })
      }
    },
  }
}

async function prepare(
  config: PlatformConfig,
  folders: Folders,
  changes: Changes = {},
): Promise<LocalPlatform> {
  const probes = { ...probesFor(config, folders), ...changes.probes }
  const planned = topologyOf(config, localPlacement(config, folders), 1)
  const topology = changes.topology?.(planned) ?? planned
  const options = { config, folders, fleetSeed: 1, java: 'java', probes, topology }
  const platform = new LocalPlatform(options)
  await platform.prepare()
  return platform
}

/** The servers with a changed configuration and the same state. None of them is started. */
export async function changedServers(
  { config: before, folders }: Servers,
  settings: readonly string[],
  changes: Changes = {},
): Promise<Servers> {
  const config = toConfig(structuredClone(before), settings)
  const platform = await prepare(config, folders, changes)
  return { platform, folders, config, [Symbol.asyncDispose]: () => platform.stop() }
}

/**
 * Starts the additional brokers of a cluster with `instances` brokers next to the running servers,
 * on the ports after the first broker's.
 */
export async function addBrokers(servers: Servers, instances: number): Promise<Servers> {
  const changed = await changedServers(servers, [`kafka.instances=${instances}`])
  const [, brokers = []] = changed.platform.stages
  await changed.platform.startStage(
    brokers.slice(servers.config.kafka.instances),
    new AbortController().signal,
  )
  return changed
}

/** The brokers, the topic of the readings and the login of our services. */
export function kafkaOf({ config, folders }: Pick<Servers, 'config' | 'folders'>): KafkaSettings {
  return kafkaSettingsOf(config, localPassword(folders, 'kafka'))
}

/**
 * A server or service of the platform, running or not.
 *
 * @throws Error if the platform has none with this name
 */
export function processOf({ platform }: Servers, name: string): SupervisedProcess {
  const process = platform.processOf(name)
  if (process === undefined) throw new Error(`the platform has no process ${name}`)
  return process
}

/** Restarts a server that a test has stopped and waits until it is ready. */
export async function restartServer({ platform }: Servers, name: string): Promise<void> {
  await platform.startAgain(name, new AbortController().signal)
}

let shared: Promise<Servers> | undefined

/** The servers that all integration tests of a run share. The first caller starts them. */
export function sharedServers(): Promise<Servers> {
  shared ??= startServers()
  return shared
}

/** Stops the shared servers if a test has started them. */
export async function stopSharedServers(): Promise<void> {
  await (await shared)?.[Symbol.asyncDispose]()
}

/**
 * The environment variables of a service, as the topology defines them. Writes the files that they
 * name.
 */
export function envOf({ config, folders }: Pick<Servers, 'config' | 'folders'>, name: string) {
  const services = servicesOf(topologyOf(config, localPlacement(config, folders), 1))
  const plan = services.find((service) => service.name === name)
  if (plan === undefined) throw new Error(`the topology has no service ${name}`)
  writeGeneratedFiles(plan)
  return { ...memoryEnv(plan), ...plan.env }
}
