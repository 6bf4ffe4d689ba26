// JavaScript, because the set-up uses it before there are packages. The types are in lock.d.mts.
import { lstatSync, readFileSync, readlinkSync, renameSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { isRunningSince, startOf } from './process-start.mjs'

// A lock is a symbolic link that points to `PID START` of its holder. A link is made in one step,
// with what it says, and needs no room on the disk.

export function takeLock(path) {
  const start = startOf(process.pid)
  if (start === undefined) throw new Error('this process cannot be found among the processes')
  for (;;) {
    if (tryLink(`${process.pid} ${start}`, path)) return undefined
    try {
      const holder = holderOf(path)
      if (holder !== undefined) return holder
      removeStale(path)
    } catch (error) {
      // Another process has removed it; where the folder is gone, the next link fails.
      if (error.code !== 'ENOENT') throw error
    }
  }
}

export function releaseLock(path) {
  rmSync(path, { recursive: true, force: true })
}

function tryLink(name, path) {
  try {
    symlinkSync(name, path)
    return true
  } catch (error) {
    if (error.code === 'EEXIST') return false
    throw error
  }
}

/** Renamed and read again, so that of two processes that find it stale one gets it. */
function removeStale(path) {
  const stale = `${path}.${process.pid}.stale`
  renameSync(path, stale)
  if (holderOf(stale) === undefined) rmSync(stale, { recursive: true, force: true })
  else renameSync(stale, path)
}

/** The number of the process that holds a lock, if it runs. */
function holderOf(path) {
  const [number, ...start] = nameIn(path).split(' ')
  const pid = Number(number)
  return Number.isInteger(pid) && isRunningSince(pid, start.join(' ')) ? pid : undefined
}

function nameIn(path) {
  try {
    return readlinkSync(path)
  } catch (error) {
    const isNoLink = error.code === 'EINVAL'
    if (isNoLink) return nameInEarlierForm(path)
    throw error
  }
}

/**
 * Previous versions locked a state folder by a file `{ pid, startedAt }`, and the set-up by a folder
 * that holds `PID START` in a file. Empty where neither can be read.
 */
function nameInEarlierForm(path) {
  try {
    if (lstatSync(path).isDirectory()) return readFileSync(join(path, 'pid'), 'utf8')
    const { pid, startedAt } = JSON.parse(readFileSync(path, 'utf8'))
    return `${pid} ${startedAt}`
  } catch {
    return ''
  }
}
