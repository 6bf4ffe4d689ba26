import type { BigIntStats } from 'node:fs'
import { close, constants, fstat, link, lstat, open, read, rename, unlink } from 'node:fs'
import { promisify } from 'node:util'

/** Single files of a bucket that is a folder. */

// Calls of `node:fs` take half as much CPU as those of `node:fs/promises`, which allocate an array of numbers each.
const call = {
  ...{ open: promisify(open), fstat: promisify(fstat), read: promisify(read) },
  ...{ close: promisify(close), lstat: promisify(lstat), link: promisify(link) },
  ...{ rename: promisify(rename), unlink: promisify(unlink) },
}

/** Files of others can be read by the group, like those that a user drops. */
export const folderMode = 0o755

/** The inode is part of the ETag, because another file can have the same size and time. */
export const etagOf = ({ ino, size, mtimeNs }: BigIntStats): string =>
  `${ino.toString(36)}-${size.toString(36)}-${mtimeNs.toString(36)}`

export const isMissing = (error: unknown): boolean =>
  ['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')

export async function statsOf(path: string): Promise<BigIntStats | undefined> {
  try {
    return await call.lstat(path, { bigint: true })
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}

/** Gives a file a second name. Taken: the target exists. Missing: the file does not exist. */
export async function linkFile(from: string, to: string): Promise<'linked' | 'taken' | 'missing'> {
  try {
    await call.link(from, to)
    return 'linked'
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return 'taken'
    if (isMissing(error)) return 'missing'
    throw error
  }
}

export async function removeFile(path: string): Promise<void> {
  try {
    await call.unlink(path)
  } catch (error) {
    if (!isMissing(error)) throw error
  }
}

/** @returns false if the file does not exist */
export async function renameFile(from: string, to: string): Promise<boolean> {
  try {
    await call.rename(from, to)
    return true
  } catch (error) {
    if (isMissing(error)) return false
    throw error
  }
}

/** A link of a user must not lead out of the bucket. NONBLOCK: opening a pipe must not wait. */
export const readFlags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK

/** Whether `open` has failed because there is no file, or a link. */
export const hasNoFile = (error: unknown): boolean =>
  isMissing(error) || (error as NodeJS.ErrnoException).code === 'ELOOP'

/** Reads a small file as a whole. Undefined if it has another ETag before or after. */
export async function readSmallFile(
  path: string,
  { size, etag }: { readonly size: number; readonly etag: string },
): Promise<Buffer | undefined> {
  let descriptor: number
  try {
    descriptor = await call.open(path, readFlags)
  } catch (error) {
    if (hasNoFile(error)) return undefined
    throw error
  }
  const isSame = async (): Promise<boolean> => {
    const stats = await call.fstat(descriptor, { bigint: true })
    return stats.isFile() && etagOf(stats) === etag
  }
  try {
    if (!(await isSame())) return undefined
    const content = await readBytes(descriptor, size)
    return (await isSame()) ? content : undefined
  } finally {
    await call.close(descriptor)
  }
}

async function readBytes(descriptor: number, size: number): Promise<Buffer> {
  const content = Buffer.allocUnsafe(size)
  for (let at = 0; at < size;) {
    const { bytesRead } = await call.read(descriptor, content, at, size - at, at)
    // The file has become shorter, so its ETag has changed.
    if (bytesRead === 0) break
    at += bytesRead
  }
  return content
}
