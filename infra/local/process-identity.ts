import { startOf } from './process-start.mjs'

/** A process for certain: numbers are given again, a number with its start time is not. */
export type ProcessIdentity = { readonly pid: number; readonly startedAt: string }

/** Who runs under a number now, or undefined where nobody does. */
export function identify(pid: number): ProcessIdentity | undefined {
  const startedAt = startOf(pid)
  return startedAt === undefined ? undefined : { pid, startedAt }
}

export function isAlive(identity: ProcessIdentity): boolean {
  return identify(identity.pid)?.startedAt === identity.startedAt
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
