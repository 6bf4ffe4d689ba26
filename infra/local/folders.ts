import { createHash } from 'node:crypto'
import type { Stats } from 'node:fs'
import {
  accessSync,
  chmodSync,
  constants,
  lstatSync,
  readdirSync,
  rmdirSync,
  rmSync,
  statSync,
} from 'node:fs'
import { homedir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { makePath } from '../../services/runtime/process/make-path.mjs'
import { InputError, UserError } from '../checks/user-error.ts'
import { claimState } from './run-record.ts'

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
  const cache = process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache')
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
 * Creates the folders that do not exist yet. Data, logs and settings are closed to other users, also those
 * of an earlier version.
 *
 * @throws UserError if other users can change the state (before anything is written)
 * @throws InputError if a folder cannot be created; no new folder is left
 */
export function makeFolders(folders: Folders): void {
  requireOwn(folders.state)
  createAll(folders)
}

/**
 * Creates the folders that do not exist yet, and locks the state for this process.
 *
 * @returns the pid of the running process that holds the lock; undefined if this process has it now
 * @throws UserError if other users can change the state (before anything is written)
 * @throws InputError if the state cannot be created or locked; no new folder is left
 */
export function claimFolders(folders: Folders): number | undefined {
  requireOwn(folders.state)
  const created = createAll(folders)
  try {
    return claimState(folders.state)
  } catch (error) {
    removeEmpty(created)
    throw stateError(folders.state, 'locked', error)
  }
}

/**
 * Creates a folder in the state, for a command that does not lock it.
 *
 * @throws InputError if it cannot be created or written
 */
export function makeWritable(folder: string, { state }: Folders): void {
  try {
    makeFolder(dirname(folder))
    makePrivateFolder(folder)
    accessSync(folder, constants.W_OK)
  } catch (error) {
    throw stateError(state, 'used', error)
  }
}

/** @returns the folders that this call has created */
function createAll({ state, data, logs, settings, secrets }: Folders): string[] {
  const created: string[] = []
  try {
    created.push(...makeFolder(state))
    for (const folder of [data, logs, settings, secrets]) created.push(...makePrivateFolder(folder))
    closeDataFolders(data)
    // Postgres, which does not run as root, must pass through it.
    if (isRoot()) chmodSync(data, 0o711)
    return created
  } catch (error) {
    removeEmpty(created)
    throw stateError(state, 'created', error)
  }
}

function removeEmpty(folders: readonly string[]): void {
  for (const folder of folders.toReversed()) rmdirSync(folder)
}

function stateError(
  state: string,
  what: 'created' | 'locked' | 'used',
  error: unknown,
): InputError {
  return new InputError(
    `The state folder ${state} cannot be ${what} (${(error as Error).message}). Set AV_TELEMETRY_HOME to a folder that you can write.`,
  )
}

/** Closes the folders of servers and vehicles. The folder of Postgres belongs to another user and is closed. */
function closeDataFolders(data: string): void {
  for (const entry of readdirSync(data, { withFileTypes: true }))
    if (entry.isDirectory() && entry.name !== 'postgres') makePrivateFolder(join(data, entry.name))
}

function requireOwn(state: string): void {
  const self = process.geteuid?.()
  if (self === undefined) return
  const found = statsOf(state)
  const owner = found.map(({ uid }) => uid).find((uid) => uid !== self)
  if (owner !== undefined)
    throw new UserError(
      `The state folder ${state} belongs to user ${owner}, but you are user ${self}. Start as that user, or set AV_TELEMETRY_HOME to another folder.`,
    )
  if (((found.at(-1)?.mode ?? 0) & 0o002) !== 0)
    throw new UserError(
      `All users can write in the state folder ${state}. Change that (chmod o-w), or set AV_TELEMETRY_HOME to another folder.`,
    )
}

/**
 * The symbolic link that leads to the folder, if there is one, and the folder. Empty if there is no such folder,
 * or if a part of its path is a file.
 */
function statsOf(state: string): Stats[] {
  try {
    return [lstatSync(state), statSync(state)]
  } catch {
    return []
  }
}

/**
 * Creates a folder that Postgres, which does not run as root, can enter, whatever root's umask is.
 *
 * @returns the folders that this call has created
 */
export function makeFolder(folder: string): string[] {
  const umask = isRoot() ? process.umask(0o022) : undefined
  try {
    return makePath(folder, 0o755)
  } finally {
    if (umask !== undefined) process.umask(umask)
  }
}

/**
 * Creates a folder that other users cannot enter, or closes an existing one to them.
 *
 * @returns the folders that this call has created
 */
export function makePrivateFolder(folder: string): string[] {
  const created = makePath(folder, 0o700)
  if ((statSync(folder).mode & 0o077) !== 0) chmodSync(folder, 0o700)
  return created
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
