import { isRunningSince, startOf } from './process-start.mjs'

/** A process for certain: numbers are given again, a number with its start is not. */
export type ProcessIdentity = { readonly pid: number; readonly startedAt: string }

/** The process that runs under a number now, or undefined where there is none. */
export function identify(pid: number): ProcessIdentity | undefined {
  const startedAt = startOf(pid)
  return startedAt === undefined ? undefined : { pid, startedAt }
}

export function isAlive({ pid, startedAt }: ProcessIdentity): boolean {
  return isRunningSince(pid, startedAt)
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
