import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { releaseLock, takeLock } from '../../services/runtime/process/lock.mjs'
import { replaceFile } from '../../services/runtime/process/replace-file.ts'
import type { ProcessIdentity } from '../../services/runtime/process/process-identity.ts'
import { isAlive } from '../../services/runtime/process/process-identity.ts'
import type { PlatformConfig } from '../config/config-schema.ts'
import type { Role } from '../topology/role-registry.ts'

/** The processes of a state folder, for other commands and for the next start. */
export type RunRecord = {
  readonly supervisor: ProcessIdentity
  readonly config: PlatformConfig
  readonly fleetSeed: number
  /** In start order. */
  readonly processes: readonly RecordedProcess[]
}

export type RecordedProcess = ProcessIdentity & { readonly name: string; readonly role: Role }

const fileIn = (state: string): string => join(state, 'run.json')

/** The last record, also of a process that has ended; undefined if there is none that can be read. */
export function readRunRecord(state: string): RunRecord | undefined {
  try {
    return JSON.parse(readFileSync(fileIn(state), 'utf8')) as RunRecord
  } catch {
    return undefined
  }
}

/** The platform that is running on a state folder, or undefined. */
export function runningPlatform(state: string): RunRecord | undefined {
  const record = readRunRecord(state)
  return record && isAlive(record.supervisor) ? record : undefined
}

/** Only its user can read it: the configuration may contain the key of a map tile server. */
export function writeRunRecord(state: string, record: RunRecord): void {
  replaceFile(fileIn(state), `${JSON.stringify(record, null, 2)}\n`, 0o600)
}

export function removeRunRecord(state: string): void {
  rmSync(fileIn(state), { force: true })
}

const lockIn = (state: string): string => join(state, 'lock')

/**
 * Locks the state folder for this process.
 *
 * @returns the pid of the running process that holds the lock; undefined if this process has it now
 */
export function claimState(state: string): number | undefined {
  return takeLock(lockIn(state))
}

export function releaseState(state: string): void {
  releaseLock(lockIn(state))
}
