import { isRunningSince, startOf } from './process-start.mjs'

/** Identifies a process uniquely: a pid is reused, a pid with its start time is not. */
export type ProcessIdentity = { readonly pid: number; readonly startedAt: string }

/** The identity of the process that runs with this pid now; undefined if none runs. */
export function identify(pid: number): ProcessIdentity | undefined {
  const startedAt = startOf(pid)
  return startedAt === undefined ? undefined : { pid, startedAt }
}

export function isAlive({ pid, startedAt }: ProcessIdentity): boolean {
  return isRunningSince(pid, startedAt)
}

/** Sends a signal to a process. Returns false if it has ended. */
export function signalProcess({ pid }: ProcessIdentity, signal: NodeJS.Signals): boolean {
  try {
    process.kill(pid, signal)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false
    throw error
  }
}

/** Sends a signal to a process and its process group. Returns false if the process has ended. */
export function signalGroup(pid: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(-pid, signal)
    return true
  } catch {
    return false
  }
}
