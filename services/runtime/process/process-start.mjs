// JavaScript, because the set-up uses it before there are packages. The types are in process-start.d.mts.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

const isLinux = process.platform === 'linux'

export function startOf(pid) {
  return isLinux ? startOnLinux(pid) : startElsewhere(pid, neutral)
}

export function isRunningSince(pid, start) {
  const actual = startOf(pid)
  return actual !== undefined && (actual === start || isEarlierForm(pid, start))
}

/** Previous versions wrote a start without the boot id, or in the language of the shell. */
function isEarlierForm(pid, start) {
  return start === (isLinux ? ticksOf(pid) : startElsewhere(pid))
}

function startOnLinux(pid) {
  const ticks = ticksOf(pid)
  const boot = bootId()
  return ticks === undefined || boot === undefined ? ticks : `${ticks} ${boot}`
}

/** Field 22 of /proc/PID/stat (proc(5)), counted after the name, which may have anything in it. */
function ticksOf(pid) {
  const stat = textOf(`/proc/${pid}/stat`)
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ')
  const isZombie = fields?.[0] === 'Z'
  return isZombie ? undefined : fields?.[19]
}

/** Ticks count from the boot: two processes of two boots may have the same number and start. */
function bootId() {
  return textOf('/proc/sys/kernel/random/boot_id')?.trim()
}

function textOf(file) {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}

/** One language and time zone, whatever those of the shells are that ask. */
const neutral = ['LC_ALL=C', 'TZ=UTC']

function startElsewhere(pid, environment = []) {
  const ps = [...environment, 'ps', '-o', 'lstart=', '-p', String(pid)]
  const { stdout, status } = spawnSync('env', ps, { encoding: 'utf8' })
  return status === 0 && stdout.trim() !== '' ? stdout.trim() : undefined
}
