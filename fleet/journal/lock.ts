import { spawnSync } from 'node:child_process'
import { readFileSync, readlinkSync, renameSync, rmSync, symlinkSync } from 'node:fs'

/**
 * Takes a lock for this process, until it releases it or ends, however it ends. The lock is a link
 * that points to its holder's name: made in one step, without a byte of room on the disk.
 *
 * @returns the number of the process that has it, where another one that lives has it
 */
export function takeLock(path: string): number | undefined {
  const own = nameOf(process.pid)
  if (own === undefined) throw new Error('this process cannot be found among the processes')
  for (;;) {
    if (tryLink(own, path)) return undefined
    try {
      const holder = holderOf(path)
      if (holder !== undefined) return holder
      removeStale(path)
    } catch (error) {
      // Another process has removed it; where the folder is gone, the next link fails.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    }
  }
}

/** Renamed and looked at again, so that of two processes that find it stale one gets it. */
function removeStale(path: string): void {
  const stale = `${path}.${process.pid}`
  renameSync(path, stale)
  if (holderOf(stale) === undefined) rmSync(stale, { force: true })
  else renameSync(stale, path)
}

export function releaseLock(path: string): void {
  rmSync(path, { force: true })
}

function tryLink(name: string, path: string): boolean {
  try {
    symlinkSync(name, path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

/** The number of the process that holds a lock, if it lives. */
function holderOf(path: string): number | undefined {
  const name = readlinkSync(path)
  const pid = Number(name.split(' ')[0])
  return Number.isInteger(pid) && nameOf(pid) === name ? pid : undefined
}

/** A process for certain: its number is given again, with its start time and the machine's it is not. */
function nameOf(pid: number): string | undefined {
  const start = process.platform === 'linux' ? startOnLinux(pid) : startElsewhere(pid)
  return start === undefined ? undefined : `${pid} ${start}`
}

/** Field 22 of /proc/PID/stat (proc(5)), counted after the name, which may have anything in it. */
function startOnLinux(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    return fields[0] === 'Z' ? undefined : `${fields[19] ?? ''} ${boot}`
  } catch {
    return undefined
  }
}

function startElsewhere(pid: number): string | undefined {
  const { stdout, status } = spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], {
    encoding: 'utf8',
  })
  return status === 0 && stdout.trim() !== '' ? stdout.trim() : undefined
}
