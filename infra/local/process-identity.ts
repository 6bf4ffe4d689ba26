import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** A process for certain: numbers are given again, a number with its start time is not. */
export type ProcessIdentity = { readonly pid: number; readonly startedAt: string }

/** Who runs under a number now, or undefined where nobody does. */
export function identify(pid: number): ProcessIdentity | undefined {
  const startedAt = process.platform === 'linux' ? startOnLinux(pid) : startElsewhere(pid)
  return startedAt === undefined ? undefined : { pid, startedAt }
}

export function isAlive(identity: ProcessIdentity): boolean {
  return identify(identity.pid)?.startedAt === identity.startedAt
}

/** Field 22 of /proc/PID/stat (proc(5)), counted after the name, which may have anything in it. */
function startOnLinux(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const isZombie = fields[0] === 'Z'
    return isZombie ? undefined : fields[19]
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

/** Sends a signal to a process and all in its group; false where it is gone. */
export function signalGroup(pid: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(-pid, signal)
    return true
  } catch {
    return false
  }
}
