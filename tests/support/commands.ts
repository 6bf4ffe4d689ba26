import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { toConfig } from '../../infra/config/config.ts'
import { writeRunRecord } from '../../infra/local/run-record.ts'
import { root } from '../../scripts/platform/paths.ts'
import { identify } from '../../services/runtime/process/process-identity.ts'
import type { Tenant } from './tenant.ts'

/** Runs commands of `npm run` against a tenant, each in a new process. */

export type CommandResult = {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

/** Writes a run record, so that commands treat the tenant as the running platform. */
export function recordAsRunning(
  { config, deployment }: Tenant,
  settings: readonly string[] = [],
): void {
  const runningConfig = toConfig(structuredClone(config), settings)
  const supervisor = identify(process.pid)
  if (supervisor === undefined) throw new Error('this process has no identity')
  const record = { supervisor, config: runningConfig, fleetSeed: 1, processes: [] }
  writeRunRecord(deployment.folders.state, record)
}

/**
 * Starts a command without npm, so that a signal reaches the command itself.
 *
 * @param overrides environment variables that replace those of the tests
 */
export function startCommand(
  { deployment }: Tenant,
  args: readonly string[],
  overrides: Readonly<Record<string, string>> = {},
): ChildProcess {
  const env = {
    ...process.env,
    AV_TELEMETRY_HOME: deployment.folders.state,
    NO_COLOR: '1',
    ...overrides,
  }
  const commandLine = ['scripts/bootstrap.mjs', ...args]
  return spawn(process.execPath, commandLine, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] })
}

export async function runCommand(
  ...[tenant, args, overrides]: Parameters<typeof startCommand>
): Promise<CommandResult> {
  const child = startCommand(tenant, args, overrides)
  const output = { out: '', err: '' }
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (output.out += text))
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (output.err += text))
  await once(child, 'close')
  return { code: child.exitCode, ...output }
}
