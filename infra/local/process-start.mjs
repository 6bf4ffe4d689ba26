import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

// JavaScript, as the set-up asks it before there are packages; what it gives is said in process-start.d.mts.

export function startOf(pid) {
  return process.platform === 'linux' ? startOnLinux(pid) : startElsewhere(pid)
}

/** Field 22 of /proc/PID/stat (proc(5)), counted after the name, which may have anything in it. */
function startOnLinux(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const isZombie = fields[0] === 'Z'
    return isZombie ? undefined : fields[19]
  } catch {
    return undefined
  }
}

/** In one language and time zone, whatever those of the shells are that ask. */
function startElsewhere(pid) {
  const { stdout, status } = spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], {
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C', TZ: 'UTC' },
  })
  return status === 0 && stdout.trim() !== '' ? stdout.trim() : undefined
}
