import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** CPU and memory of processes, read from /proc on Linux; 0 on other systems. */

/** Clock ticks per second in /proc/PID/stat; the same on every Linux that Node.js supports. */
const ticksPerSecond = 100

/** CPU seconds of a process and its descendants since their start. */
export type Usage = number

/** The process and its descendants. */
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

/** The fields of /proc/PID/stat after the name, or undefined if the process has ended. */
function statOf(pid: number): string[] | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return text.slice(text.lastIndexOf(')') + 2).split(' ')
  } catch {
    return undefined
  }
}

/** CPU of a process, its descendants, and its children that have ended. */
export function usageOf(pid: number): Usage {
  const ticksOf = (id: number): number =>
    // utime, stime, and both of the children that were waited for (proc(5), /proc/pid/stat).
    [11, 12, 13, 14].reduce((sum, field) => sum + Number(statOf(id)?.[field] ?? 0), 0)
  return treeOf(pid).reduce((sum, id) => sum + ticksOf(id), 0) / ticksPerSecond
}

/** Proportional set size of a process and its descendants: shared memory is counted once. */
export function residentMegabytes(pid: number): number {
  return (
    treeOf(pid).reduce((sum, id) => sum + kilobytes(`/proc/${id}/smaps_rollup`, 'Pss'), 0) / 1024
  )
}

/** Peak resident memory of a process. */
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

/** Bytes of all files below a folder whose path matches. */
export function bytesBelow(folder: string, matches: (path: string) => boolean): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .map((entry) => ({ isFile: entry.isFile(), path: join(entry.parentPath, entry.name) }))
    .filter(({ isFile, path }) => isFile && matches(path))
    .reduce((sum, { path }) => sum + statSync(path).size, 0)
}
