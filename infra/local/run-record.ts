import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { PlatformConfig } from '../config-schema.ts'
import type { Role } from '../topology/registry.ts'
import type { ProcessIdentity } from './process-identity.ts'
import { identify, isAlive } from './process-identity.ts'

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

/**
 * Takes the state folder for this process.
 *
 * @returns who has it, where that is another process that lives; undefined when it is ours
 */
export function claimState(state: string): ProcessIdentity | undefined {
  const own = identify(process.pid)
  if (own === undefined) throw new Error('this process cannot be found among the processes')
  const lock = join(state, 'lock')
  const draft = `${lock}.${process.pid}`
  writeFileSync(draft, JSON.stringify(own))
  try {
    for (;;) {
      try {
        // A link appears with its content, or not at all.
        linkSync(draft, lock)
        return undefined
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
      }
      const holder = readHolder(lock)
      if (holder && isAlive(holder)) return holder
      rmSync(lock, { force: true })
    }
  } finally {
    rmSync(draft, { force: true })
  }
}

export function releaseState(state: string): void {
  rmSync(join(state, 'lock'), { force: true })
}

function readHolder(lock: string): ProcessIdentity | undefined {
  try {
    return JSON.parse(readFileSync(lock, 'utf8')) as ProcessIdentity
  } catch {
    return undefined
  }
}
