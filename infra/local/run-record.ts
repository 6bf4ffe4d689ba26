import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { releaseLock, takeLock } from '../../services/runtime/process/lock.mjs'
import type { ProcessIdentity } from '../../services/runtime/process/process-identity.ts'
import { isAlive } from '../../services/runtime/process/process-identity.ts'
import type { PlatformConfig } from '../config/config-schema.ts'
import type { Role } from '../topology/registry.ts'

/** What runs on behalf of a state folder, for other commands and for the next start. */
export type RunRecord = {
  readonly supervisor: ProcessIdentity
  readonly config: PlatformConfig
  readonly fleetSeed: number
  /** In the order of starting. */
  readonly processes: readonly RecordedProcess[]
}

export type RecordedProcess = ProcessIdentity & { readonly name: string; readonly role: Role }

const fileIn = (state: string): string => join(state, 'run.json')

/** The record that was left, whoever left it; undefined where there is none that can be read. */
export function readRunRecord(state: string): RunRecord | undefined {
  try {
    return JSON.parse(readFileSync(fileIn(state), 'utf8')) as RunRecord
  } catch {
    return undefined
  }
}

/** The platform that runs now on a state folder, or undefined. */
export function runningPlatform(state: string): RunRecord | undefined {
  const record = readRunRecord(state)
  return record && isAlive(record.supervisor) ? record : undefined
}

/** Replaces the record in one step, so that a reader never sees half of one, or not at all. */
export function writeRunRecord(state: string, record: RunRecord): void {
  const draft = `${fileIn(state)}.${process.pid}`
  try {
    writeFileSync(draft, `${JSON.stringify(record, null, 2)}\n`)
    renameSync(draft, fileIn(state))
  } finally {
    rmSync(draft, { force: true })
  }
}

export function removeRunRecord(state: string): void {
  rmSync(fileIn(state), { force: true })
}

const lockIn = (state: string): string => join(state, 'lock')

/**
 * Takes the state folder for this process.
 *
 * @returns the number of the process that has it, where another one has it that runs; undefined when it is ours
 */
export function claimState(state: string): number | undefined {
  return takeLock(lockIn(state))
}

export function releaseState(state: string): void {
  releaseLock(lockIn(state))
}
