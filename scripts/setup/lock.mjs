import { lstatSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { releaseLock, takeLock } from '../../services/runtime/process/lock.mjs'
import { root } from './places.mjs'
import { say, stop } from './run.mjs'

/** Milliseconds for which a folder that names no process is left alone. */
const graceMs = 1_000

/** One set-up at a time: two would write into the same folders. */
export async function withSetupLock(work) {
  const lock = join(root, '.setup-lock')
  for (let said = false; isBeingRemoved(lock) || takeLock(lock) !== undefined; said = true) {
    if (!said) {
      say(
        `Another command is setting up; waiting for it. Where there is none, remove the ${isFolder(lock) ? 'folder' : 'link'} ${lock}.`,
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

/** Previous versions lock by a folder. One that names no process may just be coming or going. */
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
