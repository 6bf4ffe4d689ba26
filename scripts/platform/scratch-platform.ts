import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { PlatformConfig } from '../../infra/config/config.ts'
import { loadConfig } from '../../infra/config/config.ts'
import type { Folders } from '../../infra/local/folders.ts'
import { foldersOf, makeFolders } from '../../infra/local/folders.ts'
import { endLeftovers } from '../../infra/local/leftovers.ts'
import { claimState, readRunRecord } from '../../infra/local/run-record.ts'
import { UserError } from '../../infra/checks/user-error.ts'
import { roles } from '../../infra/topology/registry.ts'
import { folders, root } from './paths.ts'
import { scratchPorts, portsFrom } from './scratch-ports.ts'

/** What commands need that run a platform of their own beside the user's. */

/** Where such a platform keeps its state while it runs. */
export function scratchFolders(command: string): Folders {
  return foldersOf(root, join(folders().state, command))
}

/** Ports so far apart that any number of instances fits; none of them is opened. */
const farApart = portsFrom(1_024, 1_024)

/**
 * The user's configuration on other ports, without vehicles, dashboard and limit for a client, as
 * all clients are this machine, and for it alone.
 *
 * @param own what the command itself asks of the configuration
 * @throws ConfigError where the configuration is not right as it is
 */
export async function scratchConfig(
  file: string,
  settings: readonly string[],
  own: readonly string[] = [],
): Promise<PlatformConfig> {
  loadConfig(file, settings)
  // The user's ports need no room for what the command has more.
  const counted = loadConfig(file, [...settings, ...farApart, ...own])
  const most = Object.values(roles).map(({ instances }) => instances(counted))
  return loadConfig(file, [
    ...settings,
    ...(await scratchPorts(Math.max(...most))),
    'fleet.numVehicles=0',
    'ingress.hostAddress=127.0.0.1',
    'ingress.addressFile=""',
    'ingress.maxReadingsPerSecondPerClient=0',
    'dashboard.instances=0',
    ...own,
  ])
}

/**
 * Takes the folders for this process, and ends what one that was killed has left running in them.
 *
 * @throws UserError where the same command runs already
 */
export async function claimFolders(at: Folders, command: string): Promise<void> {
  makeFolders(at)
  const holder = claimState(at.state)
  if (holder !== undefined) {
    throw new UserError(
      `npm run ${command} runs already in this clone (process ${holder}): wait for it, or kill ${holder}.`,
    )
  }
  const record = readRunRecord(at.state)
  if (record) await endLeftovers(record)
}

/** Folders as for a first start. */
export function emptyFolders(at: Folders): void {
  for (const folder of [at.data, at.secrets, at.logs]) {
    rmSync(folder, { recursive: true, force: true })
  }
  makeFolders(at)
}

/** Removes everything that the platform has written. */
export function removeFolders(at: Folders): void {
  for (const folder of [at.state, at.bundles]) rmSync(folder, { recursive: true, force: true })
}
