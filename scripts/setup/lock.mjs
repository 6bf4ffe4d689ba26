import { lstatSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { releaseLock, takeLock } from '../../services/runtime/process/lock.mjs'
import { root } from './paths.mjs'
import { print, SetupError, stop, wrongInput } from './run.mjs'

/** Milliseconds to wait before a lock folder without a process id counts as stale. */
const graceMs = 1_000

/** Allows one setup at a time: two would write into the same folders. */
export async function withSetupLock(work) {
  const lock = join(root, '.setup-lock')
  for (let reported = false; isBeingRemoved(lock) || isHeld(lock); reported = true) {
    if (!reported) {
      print(
        `Waiting for another command that is setting up. If no other command is running, remove the ${isFolder(lock) ? 'folder' : 'link'} ${lock}.`,
      )
    }
    await wait(300)
    if (stop.signal.aborted) return
  }
  try {
    await work()
  } finally {
    releaseLock(lock)
  }
}

function isHeld(lock) {
  try {
    return takeLock(lock) !== undefined
  } catch (error) {
    throw new SetupError(
      `The clone ${root} cannot be written (${error.message}). Start as its owner, or from your own clone.`,
      wrongInput,
    )
  }
}

/**
 * Previous versions use a folder as the lock. Without a process id it is just being created or
 * removed.
 */
function isBeingRemoved(lock) {
  if (!isFolder(lock) || namesProcess(lock)) return false
  const changedAt = lstatSync(lock, { throwIfNoEntry: false })?.mtimeMs
  return changedAt !== undefined && Math.abs(Date.now() - changedAt) < graceMs
}

function namesProcess(lock) {
  try {
    return readFileSync(join(lock, 'pid'), 'utf8') !== ''
  } catch {
    return false
  }
}

function isFolder(lock) {
  return lstatSync(lock, { throwIfNoEntry: false })?.isDirectory() ?? false
}
