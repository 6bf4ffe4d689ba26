import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { root } from './places.mjs'
import { say, stop } from './run.mjs'

/** One set-up at a time: two would write into the same folders. */
export async function withSetupLock(work) {
  const lock = join(root, '.setup-lock')
  const draft = `${lock}.${process.pid}`
  mkdirSync(draft, { recursive: true })
  writeFileSync(join(draft, 'pid'), String(process.pid))
  try {
    for (let said = false; !tookLock(draft, lock); said = true) {
      if (!said) say('Another command is setting up; waiting for it.')
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

/** A folder appears under the lock's name with the holder's number in it, or not at all. */
function tookLock(draft, lock) {
  if (existsSync(lock) && !holderLives(lock)) rmSync(lock, { recursive: true, force: true })
  try {
    renameSync(draft, lock)
    return true
  } catch (error) {
    if (error.code === 'ENOTEMPTY' || error.code === 'EEXIST') return false
    throw error
  }
}

function holderLives(lock) {
  try {
    process.kill(Number(readFileSync(join(lock, 'pid'), 'utf8')), 0)
    return true
  } catch (error) {
    return error.code === 'EPERM'
  }
}
