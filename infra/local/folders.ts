import { createHash } from 'node:crypto'
import { mkdirSync, rmSync, statSync } from 'node:fs'
import { homedir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { UserError } from '../checks/user-error.ts'

/** The folders of a platform on this machine. */
export type Folders = {
  /** The clone. */
  readonly root: string
  /** All state of the platform. Nothing outside this folder belongs to it alone. */
  readonly state: string
  readonly data: string
  readonly logs: string
  readonly secrets: string
  /** Configuration files of the third-party servers. */
  readonly settings: string
  readonly bundles: string
  readonly jars: string
}

const kafkaVersion = '3.9.2'
/** If root's clone is in a private home: the folder for files that other users must be able to read. */
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
    // Below node_modules, so that Node finds the packages that a bundle does not contain.
    bundles: join(root, 'node_modules', '.cache', 'av-telemetry', shortHash(state)),
    jars: join(cache, 'av-telemetry', `kafka-${kafkaVersion}`),
  }
}

function defaultState(root: string): string {
  if (!isRoot() || reachableByAll(root)) return join(root, '.state')
  return join(sharedHome, `${basename(root)}-${shortHash(root)}`)
}

/**
 * Creates the folders that do not exist yet.
 *
 * @throws UserError if the state belongs to another user (before anything is written), or if a folder cannot be created
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
      `The state folder ${state} cannot be created (${(error as Error).message}). Set AV_TELEMETRY_HOME to a folder that you can write.`,
    )
  }
}

function requireOwn(state: string): void {
  const owner = statSync(state, { throwIfNoEntry: false })?.uid
  const self = process.geteuid?.()
  if (owner === undefined || self === undefined || owner === self) return
  throw new UserError(
    `The state folder ${state} belongs to user ${owner}, but you are user ${self}. Start as that user, or set AV_TELEMETRY_HOME to another folder.`,
  )
}

/** Creates a folder that Postgres, which does not run as root, can enter, whatever root's umask is. */
export function makeFolder(folder: string): void {
  const umask = isRoot() ? process.umask(0o022) : undefined
  try {
    mkdirSync(folder, { recursive: true, mode: 0o755 })
  } finally {
    if (umask !== undefined) process.umask(umask)
  }
}

/** Removes the readings, the topic and all other data, so that the next start is empty. */
export function removeData(folders: Folders): void {
  rmSync(folders.data, { recursive: true, force: true })
  rmSync(folders.secrets, { recursive: true, force: true })
}

export function isRoot(): boolean {
  return process.geteuid?.() === 0
}

/** Whether every user can enter every folder of the path. */
export function reachableByAll(path: string): boolean {
  return closedOnTheWay(path).length === 0
}

/** The folders of the path, from the root on, that not every user can enter. */
export function closedOnTheWay(path: string): string[] {
  const parent = dirname(path)
  const above = parent === path ? [] : closedOnTheWay(parent)
  return (statSync(path).mode & 0o001) === 0 ? [...above, path] : above
}

function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 8)
}
