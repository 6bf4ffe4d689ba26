import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { stat, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Folders } from '../../infra/local/folders.ts'
import { isRoot } from '../../infra/local/folders.ts'
import { postgresUser } from '../../infra/local/postgres-files.ts'
import type { SmallDisk, Unavailable } from './platform-under-test.ts'

const run = promisify(execFile)
/** Enough for a long run; memory is taken for what is written alone. */
const diskBytes = 8 * 2 ** 30
/** How often the size is tried while the database writes. */
const maxAttempts = 50

type Restart = { readonly stop: () => Promise<void>; readonly start: () => Promise<void> }

/** A file system in memory, mounted over the data folder of Postgres; the data moves in and out again. */
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
    return { unavailable: 'mounting a small file system needs root, on Linux' }
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

  /** Makes it as small as what is on it, so that not a block is free. */
  async fill(): Promise<void> {
    for (let look = 1; !(await this.#shrink()); look += 1) {
      if (look === maxAttempts) throw new Error(`what is on ${this.#data} does not stop growing`)
    }
  }

  /** @returns false where it has grown since it was looked at */
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

  /** Gives the file system up, with what is on it. */
  async unmount(): Promise<void> {
    if (!this.#isMounted) return
    await run('umount', [this.#data])
    this.#isMounted = false
  }
}

/** Unmounts what a run that was killed has left mounted below a folder. */
export async function unmountLeftover(folders: Folders): Promise<void> {
  const data = join(folders.data, 'postgres', 'data')
  if (!isRoot() || !existsSync(data)) return
  await run('mountpoint', ['--quiet', data]).then(
    () => run('umount', [data]),
    () => undefined,
  )
}
