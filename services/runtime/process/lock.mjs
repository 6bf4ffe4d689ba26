// JavaScript, because the set-up uses it before packages are installed. The types are in
// lock.d.mts.
import { lstatSync, readFileSync, readlinkSync, renameSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { isRunningSince, startOf } from './process-start.mjs'

// A lock is a symbolic link whose target is `PID START` of its holder. A link is created atomically
// together with its target, and it also works on a full disk.

export function takeLock(path) {
  const start = startOf(process.pid)
  if (start === undefined) throw new Error('The start time of this process cannot be read.')
  for (;;) {
    if (tryLink(`${process.pid} ${start}`, path)) return undefined
    try {
      const holder = holderOf(path)
      if (holder !== undefined) return holder
      removeStale(path)
    } catch (error) {
      // Another process has removed the lock. If the folder is missing, the next symlink call
      // fails.
      if (error.code !== 'ENOENT') throw error
    }
  }
}

export function releaseLock(path) {
  rmSync(path, { recursive: true, force: true })
}

function tryLink(holder, path) {
  try {
    symlinkSync(holder, path)
    return true
  } catch (error) {
    if (error.code === 'EEXIST') return false
    throw error
  }
}

/** Renames the lock and reads it again, so that only one of two processes removes a stale lock. */
function removeStale(path) {
  const stale = `${path}.${process.pid}.stale`
  renameSync(path, stale)
  if (holderOf(stale) === undefined) rmSync(stale, { recursive: true, force: true })
  else renameSync(stale, path)
}

/** The pid of the process that holds the lock, if that process runs. */
function holderOf(path) {
  const [number, ...start] = readHolder(path).split(' ')
  const pid = Number(number)
  return Number.isInteger(pid) && isRunningSince(pid, start.join(' ')) ? pid : undefined
}

function readHolder(path) {
  try {
    return readlinkSync(path)
  } catch (error) {
    const isNotLink = error.code === 'EINVAL'
    if (isNotLink) return readHolderOfPreviousVersion(path)
    throw error
  }
}

/**
 * Previous versions locked a state folder with a file `{ pid, startedAt }`, and the set-up with a
 * folder that has `PID START` in a file. Returns an empty text if neither can be read.
 */
function readHolderOfPreviousVersion(path) {
  try {
    if (lstatSync(path).isDirectory()) return readFileSync(join(path, 'pid'), 'utf8')
    const { pid, startedAt } = JSON.parse(readFileSync(path, 'utf8'))
    return `${pid} ${startedAt}`
  } catch {
    return ''
  }
}
