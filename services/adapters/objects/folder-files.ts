import type { BigIntStats } from 'node:fs'
import { link, lstat, unlink } from 'node:fs/promises'

/** Single files of a bucket that is a folder. */

/** Files of others can be read by the group, like those that a user drops. */
export const folderMode = 0o755

/** The inode is part of the ETag, because another file can have the same size and time. */
export const etagOf = ({ ino, size, mtimeNs }: BigIntStats): string =>
  `${ino.toString(36)}-${size.toString(36)}-${mtimeNs.toString(36)}`

export const isMissing = (error: unknown): boolean =>
  ['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')

export async function statsOf(path: string): Promise<BigIntStats | undefined> {
  try {
    return await lstat(path, { bigint: true })
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}

/** Gives a file a second name. Taken: the target exists. Missing: the file does not exist. */
export async function linkFile(from: string, to: string): Promise<'linked' | 'taken' | 'missing'> {
  try {
    await link(from, to)
    return 'linked'
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return 'taken'
    if (isMissing(error)) return 'missing'
    throw error
  }
}

export async function removeFile(path: string): Promise<void> {
  try {
    await unlink(path)
  } catch (error) {
    if (!isMissing(error)) throw error
  }
}
