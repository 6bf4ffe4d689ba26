import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { stat, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Folders } from '../../../infra/local/folders.ts'
import { isRoot } from '../../../infra/local/folders.ts'
import { postgresUser } from '../../../infra/local/postgres-files.ts'
import type { SmallDisk, Unavailable } from '../../verify/platform-under-test.ts'

const run = promisify(execFile)
/** Enough for a long run. The file system uses memory only for what is written. */
const diskBytes = 8 * 2 ** 30
/** Attempts to shrink the file system while the database writes. */
const maxAttempts = 50

type Restart = { readonly stop: () => Promise<void>; readonly start: () => Promise<void> }

/**
 * A file system in memory, mounted over the data folder of Postgres. The data is moved in and out.
 */
export class MountedDisk implements SmallDisk {
  readonly #data: string
  readonly #aside: string
  readonly #database: Restart
  #isMounted = false

  private constructor(folders: Folders, database: Restart) {
    this.#data = join(folders.data, 'postgres', 'data')
    this.#aside = `${this.#data}.aside`
    this.#database = database
  }

  static on(folders: Folders, database: Restart): MountedDisk | Unavailable {
    if (process.platform === 'linux' && isRoot()) return new MountedDisk(folders, database)
    return { unavailable: 'mounting a small file system needs Linux and root' }
  }

  async moveIn(): Promise<void> {
    await this.#database.stop()
    const owner = await stat(this.#data)
    renameSync(this.#data, this.#aside)
    mkdirSync(this.#data)
    const { uid, gid } = postgresUser() ?? owner
    const options = `size=${diskBytes},uid=${uid},gid=${gid},mode=0700`
    await run('mount', ['-t', 'tmpfs', '-o', options, 'av-telemetry-verify', this.#data])
    this.#isMounted = true
    await run('cp', ['-a', `${this.#aside}/.`, this.#data])
    rmSync(this.#aside, { recursive: true })
    await this.#database.start()
  }

  /** Shrinks the file system to its content, so that no block is free. */
  async fill(): Promise<void> {
    for (let attempt = 1; !(await this.#shrink()); attempt += 1) {
      if (attempt === maxAttempts)
        throw new Error(
          `${this.#data} could not be filled: its content grew in each of ${maxAttempts} attempts`,
        )
    }
  }

  /** @returns false if the content has grown since its size was read */
  async #shrink(): Promise<boolean> {
    const { blocks, bfree, bsize } = await statfs(this.#data)
    return this.#resize((blocks - bfree) * bsize).then(
      () => true,
      () => false,
    )
  }

  async free(): Promise<void> {
    await this.#resize(diskBytes)
  }

  async #resize(bytes: number): Promise<void> {
    await run('mount', ['-o', `remount,size=${bytes}`, this.#data])
  }

  async moveOut(): Promise<void> {
    if (!this.#isMounted) return
    await this.#database.stop()
    await run('cp', ['-a', `${this.#data}/.`, this.#aside])
    await this.unmount()
    rmSync(this.#data, { recursive: true })
    renameSync(this.#aside, this.#data)
    await this.#database.start()
  }

  /** Unmounts the file system and discards its content. */
  async unmount(): Promise<void> {
    if (!this.#isMounted) return
    await run('umount', [this.#data])
    this.#isMounted = false
  }
}

/** Unmounts the file system that a killed run has left. */
export async function unmountLeftover(folders: Folders): Promise<void> {
  const data = join(folders.data, 'postgres', 'data')
  if (!isRoot() || !existsSync(data)) return
  await run('mountpoint', ['--quiet', data]).then(
    () => run('umount', [data]),
    () => undefined,
  )
}
