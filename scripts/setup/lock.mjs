import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { startOf } from '../../infra/local/process-start.mjs'
import { root } from './places.mjs'
import { say, stop } from './run.mjs'

/** Milliseconds for which a lock that names nobody is left alone: it may just be coming or going. */
const graceMs = 1_000

/** One set-up at a time: two would write into the same folders. */
export async function withSetupLock(work) {
  const lock = join(root, '.setup-lock')
  const draft = `${lock}.${process.pid}`
  mkdirSync(draft, { recursive: true })
  writeFileSync(join(draft, 'pid'), holderAt(process.pid))
  try {
    for (let said = false; !tookLock(draft, lock); said = true) {
      if (!said) {
        say(
          `Another command is setting up; waiting for it. Where there is none, remove the folder ${lock}.`,
        )
      }
      await wait(300)
      if (stop.signal.aborted) return
    }
    try {
      await work()
    } finally {
      rmSync(lock, { recursive: true, force: true })
    }
  } finally {
    rmSync(draft, { recursive: true, force: true })
  }
}

/** A folder appears under the lock's name with its holder in it, or not at all. */
function tookLock(draft, lock) {
  if (!isHeld(lock)) rmSync(lock, { recursive: true, force: true })
  try {
    renameSync(draft, lock)
    return true
  } catch (error) {
    if (error.code === 'ENOTEMPTY' || error.code === 'EEXIST') return false
    throw error
  }
}

function isHeld(lock) {
  const holder = orUndefined(() => readFileSync(join(lock, 'pid'), 'utf8'))
  if (holder) {
    const pid = Number.parseInt(holder)
    return pid !== process.pid && holder === holderAt(pid)
  }
  const changedAt = orUndefined(() => statSync(lock).mtimeMs)
  return changedAt === undefined || Math.abs(Date.now() - changedAt) < graceMs
}

/** Numbers of processes are given again, a number with its start time is not. */
function holderAt(pid) {
  const startedAt = startOf(pid)
  return startedAt === undefined ? '' : `${pid} ${startedAt}`
}

function orUndefined(read) {
  try {
    return read()
  } catch {
    return undefined
  }
}
