import { createHash } from 'node:crypto'
import { mkdirSync, rmSync, statSync } from 'node:fs'
import { homedir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { UserError } from '../checks/user-error.ts'

/** Where a platform on this machine keeps what is its own. */
export type Folders = {
  /** The clone. */
  readonly root: string
  /** All of the state; nothing outside it belongs to one platform. */
  readonly state: string
  readonly data: string
  readonly logs: string
  readonly secrets: string
  /** Configuration files of the servers that are not ours. */
  readonly settings: string
  readonly bundles: string
  readonly jars: string
}

const kafkaVersion = '3.9.2'
/** Where root keeps what other users must be able to reach, when the clone is below a private home. */
export const sharedHome = '/var/lib/av-telemetry'

/**
 * @param root the clone
 * @param home folder for the state (`AV_TELEMETRY_HOME`); by default `.state` in the clone
 */
export function foldersOf(root: string, home: string | undefined): Folders {
  const state = home ?? defaultState(root)
  const cache = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache')
  return {
    root,
    state,
    data: join(state, 'data'),
    logs: join(state, 'logs'),
    secrets: join(state, 'secrets'),
    settings: join(state, 'settings'),
    // Below node_modules, so that what a bundle leaves outside itself is found from there.
    bundles: join(root, 'node_modules', '.cache', 'av-telemetry', shortHash(state)),
    jars: join(cache, 'av-telemetry', `kafka-${kafkaVersion}`),
  }
}

function defaultState(root: string): string {
  if (!isRoot() || reachableByAll(root)) return join(root, '.state')
  return join(sharedHome, `${basename(root)}-${shortHash(root)}`)
}

/**
 * Makes those that are not there yet.
 *
 * @throws UserError where the state is another user's, before anything is written, or where they cannot be made
 */
export function makeFolders(folders: Folders): void {
  const { state } = folders
  try {
    requireOwn(state)
    for (const folder of [state, folders.data, folders.logs, folders.settings]) makeFolder(folder)
    mkdirSync(folders.secrets, { recursive: true, mode: 0o700 })
  } catch (error) {
    if (error instanceof UserError) throw error
    throw new UserError(
      `The state cannot be kept in ${state} (${(error as Error).message}): set AV_TELEMETRY_HOME to a folder of your own.`,
    )
  }
}

function requireOwn(state: string): void {
  const owner = statSync(state, { throwIfNoEntry: false })?.uid
  const self = process.geteuid?.()
  if (owner === undefined || self === undefined || owner === self) return
  throw new UserError(
    `The state in ${state} belongs to user ${owner}, this is user ${self}: start as that user, or set AV_TELEMETRY_HOME to a folder of your own.`,
  )
}

/** Whatever root's umask is: Postgres, which does not run as root, has to get through. */
export function makeFolder(folder: string): void {
  const umask = isRoot() ? process.umask(0o022) : undefined
  try {
    mkdirSync(folder, { recursive: true, mode: 0o755 })
  } finally {
    if (umask !== undefined) process.umask(umask)
  }
}

/** Removes the readings, the topic and all else that a start goes on from. */
export function removeData(folders: Folders): void {
  rmSync(folders.data, { recursive: true, force: true })
  rmSync(folders.secrets, { recursive: true, force: true })
}

export function isRoot(): boolean {
  return process.geteuid?.() === 0
}

/** Whether every folder on the way may be entered by every user. */
export function reachableByAll(path: string): boolean {
  return closedOnTheWay(path).length === 0
}

/** The folders on the way, from the root on, that not every user may enter. */
export function closedOnTheWay(path: string): string[] {
  const parent = dirname(path)
  const above = parent === path ? [] : closedOnTheWay(parent)
  return (statSync(path).mode & 0o001) === 0 ? [...above, path] : above
}

function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 8)
}
