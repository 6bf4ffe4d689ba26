// JavaScript, because the set-up uses it before packages are installed. The types are in process-
// start.d.mts.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

const isLinux = process.platform === 'linux'

export function startOf(pid) {
  return isLinux ? startOnLinux(pid) : startElsewhere(pid, fixedLocale)
}

export function isRunningSince(pid, start) {
  const actual = startOf(pid)
  return actual !== undefined && (actual === start || isTextOfPreviousVersion(pid, start))
}

/** Previous versions wrote the start without the boot id, or in the locale of the shell. */
function isTextOfPreviousVersion(pid, start) {
  return start === (isLinux ? ticksOf(pid) : startElsewhere(pid))
}

function startOnLinux(pid) {
  const ticks = ticksOf(pid)
  const boot = bootId()
  return ticks === undefined || boot === undefined ? ticks : `${ticks} ${boot}`
}

/**
 * Field 22 of /proc/PID/stat (proc(5)), counted after the process name, which may contain any
 * character.
 */
function ticksOf(pid) {
  const stat = readText(`/proc/${pid}/stat`)
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ')
  const isZombie = fields?.[0] === 'Z'
  return isZombie ? undefined : fields?.[19]
}

/** Ticks count from the boot: processes of two boots may have the same pid and ticks. */
function bootId() {
  return readText('/proc/sys/kernel/random/boot_id')?.trim()
}

function readText(file) {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}

/** A fixed language and time zone, so that every shell gets the same text. */
const fixedLocale = ['LC_ALL=C', 'TZ=UTC']

function startElsewhere(pid, environment = []) {
  const ps = [...environment, 'ps', '-o', 'lstart=', '-p', String(pid)]
  const { stdout, status } = spawnSync('env', ps, { encoding: 'utf8' })
  return status === 0 && stdout.trim() !== '' ? stdout.trim() : undefined
}
