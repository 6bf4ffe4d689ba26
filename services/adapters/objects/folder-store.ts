import { createHash } from 'node:crypto'
import type { BigIntStats, Dirent } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import { lstat, mkdtemp, open, readdir, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Readable } from 'node:stream'
import { makePath } from '../../runtime/process/make-path.mjs'
import {
  etagOf,
  folderMode,
  hasNoFile,
  isMissing,
  readFlags,
  readSmallFile,
  removeFile,
  statsOf,
} from './folder-files.ts'
import { moveFile } from './folder-move.ts'
import { FolderSync, writeDurably } from './folder-sync.ts'
import { findKeyProblem, requireKey } from './object-key.ts'
import type {
  Browsed,
  ByteRange,
  Listed,
  MoveOutcome,
  ObjectStore,
  StoredObject,
} from './object-store.ts'
import { removeIncoming } from './put-new.ts'

/** Holds files while they are written or moved, in the bucket's file system. */
const unfinishedFolder = '.unfinished'
/** The names of folders in it begin with this, if their files are being written. */
const writePrefix = 'write-'
/** Files whose properties are read at the same time while a folder is listed. */
const statsAtOnce = 64

/** A bucket that is a folder of this machine. */
export class FolderStore implements ObjectStore {
  readonly address: string
  readonly #root: string
  readonly #folderSync = new FolderSync()

  /** @param root the folder; every method rejects while it does not exist, e.g. if its disk is not mounted */
  constructor(root: string) {
    this.#root = root
    this.address = root
  }

  async *list(folder: string, isLeftOut?: (key: string) => boolean): AsyncIterable<Listed> {
    const all = await namesOf(this.#pathOf(folder))
    if (all.length === 0) await this.#requireRoot()
    const names = all.filter((name) => isLeftOut?.(`${folder}/${name.toString('utf8')}`) !== true)
    for (let first = 0; first < names.length; first += statsAtOnce) {
      const some = names.slice(first, first + statsAtOnce)
      const listed = await Promise.all(some.map((name) => this.#describe(folder, name)))
      for (const one of listed) if (one !== undefined) yield one
    }
  }

  async browse(folder: string, suffix: string): Promise<Browsed> {
    const path = folder === '' ? this.#root : this.#pathOf(folder)
    const entries = await entriesOf(path)
    if (entries.length === 0) await this.#requireRoot()
    const keyOf = (name: string): string => (folder === '' ? name : `${folder}/${name}`)
    const usable = entries
      .filter(({ name }) => !name.startsWith('.') && findKeyProblem(keyOf(name)) === undefined)
      .sort((left, right) => (left.name < right.name ? -1 : 1))
    const found = usable
      .filter((entry) => entry.isFile() && entry.name.endsWith(suffix))
      .map(({ name }) => this.find(keyOf(name)))
    const objects = (await Promise.all(found)).filter((object) => object !== undefined)
    const folders = usable.filter((entry) => entry.isDirectory()).map(({ name }) => keyOf(name))
    return { objects, folders }
  }

  /** Undefined for a subfolder, and for a file that was removed meanwhile. */
  async #describe(folder: string, bytes: Buffer): Promise<Listed | undefined> {
    const name = bytes.toString('utf8')
    const unusable = (problem: string): Listed => ({
      kind: 'unusable',
      unusable: { name, problem },
    })
    if (!Buffer.from(name).equals(bytes)) return unusable('The name is not valid UTF-8.')
    const key = `${folder}/${name}`
    const problem = findKeyProblem(key)
    if (problem !== undefined) return unusable(problem)
    const stats = await statsOf(this.#pathOf(key))
    if (stats === undefined || stats.isDirectory()) return undefined
    if (!stats.isFile()) return unusable('It is not a regular file but a link or a device.')
    return { kind: 'object', object: toObject(key, stats) }
  }

  async find(key: string): Promise<StoredObject | undefined> {
    const stats = await statsOf(this.#pathOf(key))
    if (stats?.isFile() === true) return toObject(key, stats)
    await this.#requireRoot()
    return undefined
  }

  async read({ key, etag }: StoredObject, range?: ByteRange): Promise<Readable | undefined> {
    const file = await openFile(this.#pathOf(key))
    if (file === undefined) return undefined
    const stats = await file.stat({ bigint: true })
    if (stats.isFile() && etagOf(stats) === etag)
      return file.createReadStream(range && { start: range.begin, end: range.end - 1 })
    await file.close()
    return undefined
  }

  readWhole({ key, size, etag }: StoredObject): Promise<Buffer | undefined> {
    return readSmallFile(this.#pathOf(key), { size, etag })
  }

  async write(key: string, content: Readable | Buffer): Promise<StoredObject> {
    const path = this.#pathOf(key)
    // An error of the stream before the first read ends the process if there is no listener. The read
    // reports it.
    if (!Buffer.isBuffer(content)) content.on('error', () => undefined)
    await this.#requireRoot()
    const unfinished = join(this.#root, unfinishedFolder)
    makePath(unfinished, folderMode)
    const folder = await mkdtemp(join(unfinished, writePrefix))
    try {
      const part = join(folder, 'content')
      await writeDurably(part, content)
      makePath(dirname(path), folderMode)
      await rename(part, path)
      await this.#folderSync.sync(dirname(path))
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
    const stats = await lstat(path, { bigint: true })
    return toObject(key, stats)
  }

  move({ key, etag }: StoredObject, toKey: string): Promise<MoveOutcome> {
    return moveFile({
      ...{ etag, from: this.#pathOf(key), to: this.#pathOf(toKey) },
      parked: this.#parkedPath(key, etag),
      earlierParked: this.#parkedPath(key, etag, toKey),
      requireRoot: () => this.#requireRoot(),
      sync: (folder) => this.#folderSync.sync(folder),
    })
  }

  /**
   * The name of a file between its two places. A repeated move finds it even if the target is a different one, because
   * the archive of a pipeline can change after a crash.
   */
  #parkedPath(...move: readonly string[]): string {
    const id = createHash('sha256').update(JSON.stringify(move)).digest('hex')
    return join(this.#root, unfinishedFolder, `move-${id}`)
  }

  remove(key: string): Promise<void> {
    return removeFile(this.#pathOf(key))
  }

  /** Files that are being moved stay: a repeated move needs them. */
  async removeUnfinished(before: Date): Promise<void> {
    await removeIncoming(this, before)
    const unfinished = join(this.#root, unfinishedFolder)
    for (const { name } of await entriesOf(unfinished)) {
      if (!name.startsWith(writePrefix)) continue
      const folder = join(unfinished, name)
      const [made, written] = [await statsOf(folder), await statsOf(join(folder, 'content'))]
      const last = written ?? made
      if (last !== undefined && last.mtime < before)
        await rm(folder, { recursive: true, force: true })
    }
  }

  async makeFolders(folders: readonly string[]): Promise<void> {
    await this.#requireRoot()
    for (const folder of folders) makePath(this.#pathOf(folder), folderMode)
  }

  /** @throws Error if the folder of the bucket does not exist. A new one would look like an empty bucket. */
  async #requireRoot(): Promise<void> {
    if ((await stat(this.#root).catch(() => undefined))?.isDirectory() === true) return
    throw new Error(`The folder of the bucket, ${this.#root}, does not exist. Restore it.`)
  }

  #pathOf(key: string): string {
    requireKey(key)
    return join(this.#root, ...key.split('/'))
  }
}

function toObject(key: string, stats: BigIntStats): StoredObject {
  return { key, size: Number(stats.size), etag: etagOf(stats), modifiedAt: stats.mtime }
}

async function entriesOf(path: string): Promise<Dirent[]> {
  try {
    return await readdir(path, { withFileTypes: true })
  } catch (error) {
    if (isMissing(error)) return []
    throw error
  }
}

async function namesOf(path: string): Promise<Buffer[]> {
  try {
    return (await readdir(path, { encoding: 'buffer' })).sort((left, right) =>
      Buffer.compare(left, right),
    )
  } catch (error) {
    if (isMissing(error)) return []
    throw error
  }
}

async function openFile(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, readFlags)
  } catch (error) {
    if (hasNoFile(error)) return undefined
    throw error
  }
}
