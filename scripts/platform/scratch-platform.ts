import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { PlatformConfig } from '../../infra/config/config.ts'
import { loadConfig } from '../../infra/config/config.ts'
import type { Folders } from '../../infra/local/folders.ts'
import { claimFolders, foldersOf, makeFolders } from '../../infra/local/folders.ts'
import { endLeftovers } from '../../infra/local/leftovers.ts'
import { readRunRecord } from '../../infra/local/run-record.ts'
import { checkUserFiles } from '../../infra/checks/user-files.ts'
import { UserError } from '../../infra/checks/user-error.ts'
import { roles } from '../../infra/topology/role-registry.ts'
import { folders, root } from './paths.ts'
import { scratchDatabase } from './external/scratch-database.ts'
import { scratchTopic } from './external/scratch-topic.ts'
import { scratchPorts, portsFrom } from '../ports/scratch-ports.ts'

/** For commands that run a separate platform beside the user's: verify and bench. */

/** The folders of a scratch platform. */
export function scratchFolders(command: string): Folders {
  return foldersOf(root, join(folders().state, command))
}

/** Port settings with enough distance for any number of instances. These ports are not opened. */
const farApart = portsFrom(1_024, 1_024)

/**
 * The user's configuration on other ports, on loopback, without vehicles, dashboard and rate limit (all
 * clients are this machine).
 *
 * @param own settings of the command
 * @throws ConfigError or InputError if the user's configuration or a file that it names is invalid
 */
export async function scratchConfig(
  file: string,
  settings: readonly string[],
  own: readonly string[] = [],
): Promise<PlatformConfig> {
  const given = loadConfig(file, settings)
  checkUserFiles(given, root)
  // Counts instances with distant ports, because the command may need more instances than the
  // user's ports allow.
  const counted = loadConfig(file, [...settings, ...farApart, ...own])
  const most = Object.values(roles).map(({ instances }) => instances(counted))
  return loadConfig(file, [
    ...settings,
    ...(await scratchPorts(Math.max(...most))),
    'fleet.numVehicles=0',
    'ingress.hostAddress=127.0.0.1',
    'ingress.addressFile=""',
    'worker.hostAddress=""',
    'ingress.maxReadingsPerSecondPerClient=0',
    'dashboard.instances=0',
    ...scratchDatabase(given),
    ...scratchTopic(given),
    ...own,
  ])
}

/**
 * Locks the folders for this process, and ends processes that a killed command has left.
 *
 * @throws UserError if the same command is already running
 */
export async function claimScratch(at: Folders, command: string): Promise<void> {
  const holder = claimFolders(at)
  if (holder !== undefined) {
    throw new UserError(
      `npm run ${command} is already running in this clone (process ${holder}). Wait for it, or kill ${holder}.`,
    )
  }
  const record = readRunRecord(at.state)
  if (record) await endLeftovers(record)
}

/** Empties the folders, as for a first start. */
export function emptyFolders(at: Folders): void {
  for (const folder of [at.data, at.secrets, at.logs]) {
    rmSync(folder, { recursive: true, force: true })
  }
  makeFolders(at)
}

/** Removes all files of the platform. */
export function removeFolders(at: Folders): void {
  for (const folder of [at.state, at.bundles]) rmSync(folder, { recursive: true, force: true })
}
