import type { BigIntStats } from 'node:fs'
import { dirname } from 'node:path'
import { makePath } from '../../runtime/process/make-path.mjs'
import { etagOf, folderMode, linkFile, removeFile, renameFile, statsOf } from './folder-files.ts'
import type { MoveOutcome } from './object-store.ts'

/** A move of a file in a folder. */
export type FolderMove = {
  readonly etag: string
  readonly from: string
  readonly to: string
  /** The name that the file has between its two places, the same for a repeated move. */
  readonly parked: string
  /** The name that an earlier version gave it, which depends on the target. */
  readonly earlierParked: string
  /** Rejects if the folder of the bucket does not exist. */
  readonly requireRoot: () => Promise<void>
  /** Writes the names in a folder to the disk. */
  readonly sync: (folder: string) => Promise<void>
}

/**
 * Neither `rename` nor `link` alone is enough. `rename` overwrites the target. With `link`, another file
 * can replace the source after it was checked and before it is removed. So the file is first renamed to
 * a name that only this move uses, checked there, and then linked to the target.
 *
 * Two processes can move the same file to the same target at the same time, for example after the first one has lost
 * its lock with its connection.
 */
export async function moveFile(move: FolderMove): Promise<MoveOutcome> {
  if (await isUntouched(move)) return (await takeAway(move)) ? linkParked(move) : outcomeAt(move)
  await adoptParked(move)
  return continueMove(move)
}

/** Whether no attempt to move the file was interrupted. Then it has one name, because each step of a move adds one. */
async function isUntouched({ etag, from, to, parked }: FolderMove): Promise<boolean> {
  if (from === to || (await statsOf(parked)) !== undefined) return false
  // A file of the user may have the name of the target.
  if ((await statsOf(to)) !== undefined) return false
  const source = await statsOf(from)
  return source !== undefined && etagOf(source) === etag && source.nlink === 1n
}

async function continueMove(move: FolderMove): Promise<MoveOutcome> {
  const { etag, from, to, parked } = move
  const target = await statsOf(to)
  if (target !== undefined) {
    if (etagOf(target) !== etag) {
      // An earlier attempt may have been interrupted before it gave the file its old name back.
      if ((await statsOf(parked)) !== undefined) await putBack(parked, from)
      return from === to ? 'missing' : 'taken'
    }
    // The target was made by an earlier attempt.
    await removeFile(parked)
    return 'moved'
  }
  await move.requireRoot()
  return (await park(move)) ? linkParked(move) : outcomeAt(move)
}

async function linkParked(move: FolderMove): Promise<MoveOutcome> {
  const { from, to, parked } = move
  makePath(dirname(to), folderMode)
  const link = await linkFile(parked, to)
  if (link === 'missing') return outcomeAt(move)
  if (link === 'taken' && (await outcomeAt(move)) !== 'moved') {
    await putBack(parked, from)
    return 'taken'
  }
  // Another process may have parked a new file with the name of this one over it. It was not loaded yet.
  if (link === 'linked' && !(await isAt(to, move.etag))) {
    await removeFile(to)
    await putBack(parked, from)
    return 'missing'
  }
  await move.sync(dirname(to))
  await removeFile(parked)
  return 'moved'
}

/** Continues a move that an earlier version has left, whose names for files during a move were others. */
async function adoptParked({ earlierParked, parked }: FolderMove): Promise<void> {
  if ((await statsOf(earlierParked)) === undefined || (await statsOf(parked)) !== undefined) return
  // Another process may have renamed it meanwhile.
  await renameFile(earlierParked, parked)
}

/** @returns false if the object does not exist, or has changed */
async function park(move: FolderMove): Promise<boolean> {
  const { etag, from, parked } = move
  const earlier = await statsOf(parked)
  if (earlier !== undefined) return isParkedAgain({ etag, from, parked, earlier })
  const source = await statsOf(from)
  // Another process may have renamed it meanwhile.
  if (source === undefined) return isAt(parked, etag)
  return etagOf(source) === etag && takeAway(move)
}

/** Gives the file its name for the move. @returns false if it does not exist, or is another one */
async function takeAway({ etag, from, parked }: FolderMove): Promise<boolean> {
  makePath(dirname(parked), folderMode)
  const isRenamed = await renameFile(from, parked)
  // If it is not renamed, another process may have done it.
  if (await isAt(parked, etag)) return true
  if (isRenamed) await putBack(parked, from)
  return false
}

type InterruptedMove = Pick<FolderMove, 'etag' | 'from' | 'parked'> & {
  /** The file that an earlier attempt has left at `parked`. */
  readonly earlier: BigIntStats
}

/** Continues an attempt that was interrupted. @returns false if the file is not the object to move */
async function isParkedAgain({ etag, from, parked, earlier }: InterruptedMove): Promise<boolean> {
  if (etagOf(earlier) !== etag) {
    await putBack(parked, from)
    return false
  }
  // The attempt was interrupted while it gave the file its old name back: the file has both names.
  const source = await statsOf(from)
  if (source?.ino === earlier.ino) await removeFile(from)
  return true
}

/** Gives a file its old name back, or the next free name if a new file has this name now. */
async function putBack(parked: string, from: string): Promise<void> {
  const [file, present] = [await statsOf(parked), await statsOf(from)]
  // An earlier attempt was interrupted after it had given the file its old name back.
  if (file !== undefined && present?.ino === file.ino) return removeFile(parked)
  let path = from
  for (let copy = 2; (await linkFile(parked, path)) === 'taken'; copy += 1) path = `${from}.${copy}`
  await removeFile(parked)
}

const outcomeAt = async ({ to, etag }: FolderMove): Promise<'moved' | 'missing'> =>
  (await isAt(to, etag)) ? 'moved' : 'missing'

async function isAt(path: string, etag: string): Promise<boolean> {
  const stats = await statsOf(path)
  return stats !== undefined && etagOf(stats) === etag
}
