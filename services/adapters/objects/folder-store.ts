import { createHash } from 'node:crypto'
import { constants, type BigIntStats, type Dirent } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import { link, lstat, mkdtemp, open, readdir, rename, rm, stat, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Readable } from 'node:stream'
import { makePath } from '../../runtime/process/make-path.mjs'
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

/** Holds files while they are written or moved, in the bucket's file system. */
const unfinishedFolder = '.unfinished'
/** Files whose properties are read at the same time while a folder is listed. */
const statsAtOnce = 64
/** Files of others can be read by the group, like those that a user drops. */
const folderMode = 0o755

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

  async readWhole({ key, etag }: StoredObject): Promise<Buffer | undefined> {
    const file = await openFile(this.#pathOf(key))
    if (file === undefined) return undefined
    const isSame = async (): Promise<boolean> => {
      const stats = await file.stat({ bigint: true })
      return stats.isFile() && etagOf(stats) === etag
    }
    try {
      if (!(await isSame())) return undefined
      const content = await file.readFile()
      return (await isSame()) ? content : undefined
    } finally {
      await file.close()
    }
  }

  async write(key: string, content: Readable | Buffer): Promise<StoredObject> {
    const path = this.#pathOf(key)
    // An error of the stream before the first read ends the process if there is no listener. The read
    // reports it.
    if (!Buffer.isBuffer(content)) content.on('error', () => undefined)
    await this.#requireRoot()
    const unfinished = join(this.#root, unfinishedFolder)
    makePath(unfinished, folderMode)
    const folder = await mkdtemp(join(unfinished, 'write-'))
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

  /**
   * Neither `rename` nor `link` alone is enough. `rename` overwrites the target. With `link`, another file
   * can replace the source after it was checked and before it is removed. So the file is first renamed to
   * a name that only this move uses, checked there, and then linked to the target.
   */
  async move(object: StoredObject, toKey: string): Promise<MoveOutcome> {
    const [from, to] = [this.#pathOf(object.key), this.#pathOf(toKey)]
    const parked = this.#parkedPath(object, toKey)
    const target = await statsOf(to)
    if (target !== undefined) {
      if (etagOf(target) !== object.etag) {
        // An earlier attempt may have been interrupted before it gave the file its name again.
        if ((await statsOf(parked)) !== undefined) await putBack(parked, from)
        return 'taken'
      }
      // The target was made by an earlier attempt.
      await removeFile(parked)
      return 'moved'
    }
    await this.#requireRoot()
    if (!(await this.#park(object, from, parked))) return 'missing'
    makePath(dirname(to), folderMode)
    if (!(await linked(parked, to))) {
      await putBack(parked, from)
      return 'taken'
    }
    await this.#folderSync.sync(dirname(to))
    await removeFile(parked)
    return 'moved'
  }

  /** The name of a file between its two places; the same for a repeated move. */
  #parkedPath({ key, etag }: StoredObject, toKey: string): string {
    const id = createHash('sha256')
      .update(JSON.stringify([key, etag, toKey]))
      .digest('hex')
    return join(this.#root, unfinishedFolder, `move-${id}`)
  }

  /** @returns false if the object does not exist, or has changed */
  async #park({ etag }: StoredObject, from: string, parked: string): Promise<boolean> {
    const earlier = await statsOf(parked)
    if (earlier !== undefined) return isParkedAgain({ etag, from, parked, earlier })
    const source = await statsOf(from)
    if (source === undefined || etagOf(source) !== etag) return false
    makePath(dirname(parked), folderMode)
    try {
      await rename(from, parked)
    } catch (error) {
      if (isMissing(error)) return false
      throw error
    }
    const taken = await statsOf(parked)
    if (taken !== undefined && etagOf(taken) === etag) return true
    await putBack(parked, from)
    return false
  }

  remove(key: string): Promise<void> {
    return removeFile(this.#pathOf(key))
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

/** The inode is part of it: another file may have the same size and time. */
const etagOf = ({ ino, size, mtimeNs }: BigIntStats): string =>
  `${ino.toString(36)}-${size.toString(36)}-${mtimeNs.toString(36)}`

function toObject(key: string, stats: BigIntStats): StoredObject {
  return { key, size: Number(stats.size), etag: etagOf(stats), modifiedAt: stats.mtime }
}

const isMissing = (error: unknown): boolean =>
  ['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')

async function statsOf(path: string): Promise<BigIntStats | undefined> {
  try {
    return await lstat(path, { bigint: true })
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
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
    // A link of a user must not lead out of the bucket. NONBLOCK: opening a pipe must not wait.
    return await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch (error) {
    if (isMissing(error) || (error as NodeJS.ErrnoException).code === 'ELOOP') return undefined
    throw error
  }
}

/** @returns false if the target exists */
async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

type InterruptedMove = {
  readonly etag: string
  readonly from: string
  readonly parked: string
  /** The file that an earlier attempt has left at `parked`. */
  readonly earlier: BigIntStats
}

/** Continues an attempt that was interrupted. @returns false if the file is not the object to move */
async function isParkedAgain({ etag, from, parked, earlier }: InterruptedMove): Promise<boolean> {
  if (etagOf(earlier) !== etag) {
    await putBack(parked, from)
    return false
  }
  // The attempt was giving the file its old name again: both names are of the same file.
  const source = await statsOf(from)
  if (source?.ino === earlier.ino) await removeFile(from)
  return true
}

/** Gives a file its old name again, or the next free one if a new file has taken it meanwhile. */
async function putBack(parked: string, from: string): Promise<void> {
  const [file, present] = [await statsOf(parked), await statsOf(from)]
  // An earlier attempt was interrupted after it had given the file its name again.
  if (file !== undefined && present?.ino === file.ino) return removeFile(parked)
  let path = from
  for (let copy = 2; !(await linked(parked, path)); copy += 1) path = `${from}.${copy}`
  await removeFile(parked)
}

async function removeFile(path: string): Promise<void> {
  try {
    await unlink(path)
  } catch (error) {
    if (!isMissing(error)) throw error
  }
}
