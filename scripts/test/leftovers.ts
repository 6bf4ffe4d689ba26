import { chmodSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { foldersOf } from '../../infra/local/folders.ts'
import { endLeftovers } from '../../infra/local/leftovers.ts'
import type { RunRecord } from '../../infra/local/run-record.ts'
import { readRunRecord } from '../../infra/local/run-record.ts'
import type { ProcessIdentity } from '../../services/runtime/process/process-identity.ts'
import { identify, isAlive, signalGroup } from '../../services/runtime/process/process-identity.ts'
import { root } from '../platform/paths.ts'

/** Environment variable with the folder of a test run, for its test processes. */
export const testFolderVariable = 'AV_TELEMETRY_TEST_FOLDER'

/** Prefix of files in the folder of a test run that contain the identity of a command. */
const commandPrefix = 'command-'

/** Creates the folder of a test run. The Postgres user can enter it. */
export function createTestFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'av-telemetry-tests-'))
  chmodSync(folder, 0o755)
  return folder
}

/** The folder in which tests create state folders; without a test run it is that of the system. */
export function testFolder(): string {
  return process.env[testFolderVariable] ?? tmpdir()
}

/** Records a command that a test has started in a new process group, so that it can be ended. */
export function recordCommand(pid: number): void {
  const folder = process.env[testFolderVariable]
  const identity = identify(pid)
  if (folder === undefined || identity === undefined) return
  writeFileSync(join(folder, `${commandPrefix}${pid}`), JSON.stringify(identity))
}

/**
 * Ends the processes that the tests of a run have left, and removes its folder.
 *
 * @returns the names of the processes that were still running
 */
export async function endTestLeftovers(folder: string): Promise<string[]> {
  const entries = readdirSync(folder)
  const commands = entries
    .filter((entry) => entry.startsWith(commandPrefix) && endCommand(join(folder, entry)))
    .map(() => 'npm run')
  const states = foldersIn(folder)
  const services = await Promise.all(states.flatMap(recordsIn).map(endLeftovers))
  for (const state of states) {
    rmSync(foldersOf(root, state).bundles, { recursive: true, force: true })
  }
  rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
  return [...commands, ...services.flat()]
}

/** Ends a recorded command and its process group. Returns whether it was still running. */
function endCommand(file: string): boolean {
  const identity = JSON.parse(readFileSync(file, 'utf8')) as ProcessIdentity
  return isAlive(identity) && signalGroup(identity.pid, 'SIGKILL')
}

/** The run records of a state folder, and of the platforms of `verify` and `bench` in it. */
function recordsIn(state: string): RunRecord[] {
  return [state, ...foldersIn(state)].flatMap((folder) => readRunRecord(folder) ?? [])
}

function foldersIn(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => join(folder, name))
}
