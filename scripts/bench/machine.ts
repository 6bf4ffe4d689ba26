import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** What processes take of the machine, as Linux has it in /proc; nothing elsewhere. */

/** Clock ticks a second in /proc/PID/stat; the same on every Linux that Node runs on. */
const ticksPerSecond = 100

/** Seconds of CPU since a process and those below it began. */
export type Usage = number

/** The process and all below it. */
function treeOf(pid: number): number[] {
  const names = existsSync('/proc') ? readdirSync('/proc') : []
  const parents = names.flatMap((name) => {
    const stat = /^\d+$/.test(name) ? statOf(Number(name)) : undefined
    return stat ? [{ pid: Number(name), parent: Number(stat[1]) }] : []
  })
  const below = (top: number): number[] =>
    parents
      .filter(({ parent }) => parent === top)
      .flatMap((child) => [child.pid, ...below(child.pid)])
  return [pid, ...below(pid)]
}

/** The fields of /proc/PID/stat after the name, or undefined where the process is gone. */
function statOf(pid: number): string[] | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return text.slice(text.lastIndexOf(')') + 2).split(' ')
  } catch {
    return undefined
  }
}

/** CPU of a process, of those below it, and of those of its children that have ended. */
export function usageOf(pid: number): Usage {
  const ticksOf = (one: number): number =>
    // utime, stime, and both of the children that were waited for (proc(5), /proc/pid/stat).
    [11, 12, 13, 14].reduce((sum, field) => sum + Number(statOf(one)?.[field] ?? 0), 0)
  return treeOf(pid).reduce((sum, one) => sum + ticksOf(one), 0) / ticksPerSecond
}

/** Proportional set size of a process and those below it: memory that they share is counted once. */
export function residentMegabytes(pid: number): number {
  return (
    treeOf(pid).reduce((sum, one) => sum + kilobytes(`/proc/${one}/smaps_rollup`, 'Pss'), 0) / 1024
  )
}

/** The most memory that a process has had resident. */
export function peakMegabytes(pid: number): number {
  return kilobytes(`/proc/${pid}/status`, 'VmHWM') / 1024
}

function kilobytes(file: string, field: string): number {
  try {
    const found = new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(readFileSync(file, 'utf8'))
    return Number(found?.[1] ?? 0)
  } catch {
    return 0
  }
}

/** Bytes of the files in a folder and below whose path is meant. */
export function bytesBelow(folder: string, matches: (path: string) => boolean): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .map((entry) => ({ isFile: entry.isFile(), path: join(entry.parentPath, entry.name) }))
    .filter(({ isFile, path }) => isFile && matches(path))
    .reduce((sum, { path }) => sum + statSync(path).size, 0)
}
