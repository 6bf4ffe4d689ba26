import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { PlatformConfig } from '../../infra/config/config.ts'
import { toConfig } from '../../infra/config/config.ts'
import type { Folders } from '../../infra/local/folders.ts'
import { foldersOf, makeFolders } from '../../infra/local/folders.ts'
import { writeGeneratedFiles } from '../../infra/local/generated-files.ts'
import { localPlacement } from '../../infra/local/placement.ts'
import { LocalPlatform } from '../../infra/local/platform.ts'
import { memoryEnv } from '../../infra/topology/node-memory.ts'
import type { SupervisedProcess } from '../../infra/local/supervised-process.ts'
import { servicesOf, topologyOf } from '../../infra/topology/topology.ts'
import { probesFor, root } from '../../scripts/platform/local-access.ts'
import { scratchPorts } from '../../scripts/platform/scratch-ports.ts'

/** Real Postgres, ZooKeeper and Kafka on ports and in a folder of their own. */
export type Servers = AsyncDisposable & {
  readonly platform: LocalPlatform
  readonly folders: Folders
  readonly config: PlatformConfig
}

/** Settings that move every port and file of a platform away from the user's. */
export async function isolatedSettings(): Promise<string[]> {
  return [...(await scratchPorts()), 'ingress.addressFile=""', 'ingress.hostAddress=127.0.0.1']
}

/** A folder for the state of a test's platform, which Postgres' own user may enter. */
export function createStateFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'av-telemetry-test-'))
  chmodSync(folder, 0o755)
  return folder
}

export async function startServers(settings: readonly string[] = []): Promise<Servers> {
  const config = toConfig({}, [...(await isolatedSettings()), 'fleet.numVehicles=0', ...settings])
  const folders = foldersOf(root, createStateFolder())
  makeFolders(folders)
  const platform = await prepare(config, folders)
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

async function prepare(config: PlatformConfig, folders: Folders): Promise<LocalPlatform> {
  const probes = probesFor(config, folders)
  const platform = new LocalPlatform({ config, folders, fleetSeed: 1, java: 'java', probes })
  await platform.prepare()
  return platform
}

/** The servers that a changed configuration has over the same state; none of them is started. */
export async function changedServers(
  { config: before, folders }: Servers,
  settings: readonly string[],
): Promise<Servers> {
  const config = toConfig(structuredClone(before), settings)
  const platform = await prepare(config, folders)
  return { platform, folders, config, [Symbol.asyncDispose]: () => platform.stop() }
}

/**
 * Starts the brokers that a cluster of `instances` has more, beside the servers that run and on
 * the ports after the first broker's.
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

/**
 * A server, or service, of the platform, whether it runs or not.
 *
 * @throws Error where the platform has none of this name
 */
export function processOf({ platform }: Servers, name: string): SupervisedProcess {
  const process = platform.processOf(name)
  if (process === undefined) throw new Error(`there is no ${name}`)
  return process
}

/** Starts a server again that a test has stopped, and waits until it does its work. */
export async function restartServer({ platform }: Servers, name: string): Promise<void> {
  await platform.startAgain(name, new AbortController().signal)
}

let shared: Promise<Servers> | undefined

/** The servers that the integration tests of a run share; started by the first that asks. */
export function sharedServers(): Promise<Servers> {
  shared ??= startServers()
  return shared
}

/** Stops the shared servers, if any test has started them. */
export async function stopSharedServers(): Promise<void> {
  await (await shared)?.[Symbol.asyncDispose]()
}

/** The environment that the topology gives a service of a platform, with the files that it names. */
export function envOf({ config, folders }: Pick<Servers, 'config' | 'folders'>, name: string) {
  const services = servicesOf(topologyOf(config, localPlacement(config, folders), 1))
  const plan = services.find((service) => service.name === name)
  if (plan === undefined) throw new Error(`the topology has no ${name}`)
  writeGeneratedFiles(plan)
  return { ...memoryEnv(plan), ...plan.env }
}
