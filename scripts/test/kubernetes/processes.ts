import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { dirname } from 'node:path'
import { sleep } from '../../../services/runtime/retry.ts'
import { builtPrograms } from '../../setup/kubernetes.mjs'
import { folder } from './addresses.ts'

/** Milliseconds for a graceful end before SIGKILL. */
const graceMs = 10_000
const intervalMs = 50

type Process = { readonly pid: number; readonly program: string; readonly commandLine: string }

/** The servers of the cluster: processes of its programs that name its folder. Also those of another run. */
export function clusterServers(): Process[] {
  const programs = `${dirname(builtPrograms)}/`
  return allProcesses().filter(
    ({ program, commandLine }) => program.startsWith(programs) && commandLine.includes(folder),
  )
}

/** The processes in containers of pods. The machine has no other cluster. */
export function podProcesses(): number[] {
  return processIds().filter((pid) => isOfPod(pid))
}

/** Whether this process is in a pod. Then others in the same pod look like those of the cluster of the tests. */
export function isInPod(): boolean {
  return isOfPod('self')
}

function isOfPod(pid: number | 'self'): boolean {
  return read(`/proc/${pid}/cgroup`).includes('/kubepods')
}

/** Ends processes with SIGTERM, and with SIGKILL after a time limit. */
export async function endProcesses(find: () => readonly number[]): Promise<void> {
  signalAll(find(), 'SIGTERM')
  const deadline = Date.now() + graceMs
  while (find().length > 0 && Date.now() < deadline) await sleep(intervalMs)
  await killProcesses(find)
}

/** Kills processes, and waits until they have ended. */
export async function killProcesses(find: () => readonly number[]): Promise<void> {
  const deadline = Date.now() + graceMs
  for (let left = find(); left.length > 0; left = find()) {
    if (Date.now() > deadline) throw new Error(`The processes ${left.join(', ')} do not end.`)
    signalAll(left, 'SIGKILL')
    await sleep(intervalMs)
  }
}

function signalAll(pids: readonly number[], signal: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal)
    } catch {
      // It has ended already.
    }
  }
}

function allProcesses(): Process[] {
  return processIds().map((pid) => ({
    pid,
    program: programOf(pid),
    commandLine: read(`/proc/${pid}/cmdline`),
  }))
}

function processIds(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
}

/** Empty for a process that has ended, and for a thread of the kernel. */
function programOf(pid: number): string {
  try {
    return readlinkSync(`/proc/${pid}/exe`)
  } catch {
    return ''
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
