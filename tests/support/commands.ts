import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { toConfig } from '../../infra/config/config.ts'
import { writeRunRecord } from '../../infra/local/run-record.ts'
import { root } from '../../scripts/platform/local-access.ts'
import { identify } from '../../services/runtime/process/process-identity.ts'
import type { Tenant } from './tenant.ts'

/** Commands of the menu about a tenant, each time a process of its own. */

export type CommandResult = {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

/** Says to commands that the tenant is the platform that runs, with these settings. */
export function recordAsRunning(
  { config, deployment }: Tenant,
  settings: readonly string[] = [],
): void {
  const changed = toConfig(structuredClone(config), settings)
  const supervisor = identify(process.pid)
  if (supervisor === undefined) throw new Error('this process is none')
  const record = { supervisor, config: changed, fleetSeed: 1, processes: [] }
  writeRunRecord(deployment.folders.state, record)
}

/**
 * Without npm between, so that a signal reaches the command itself.
 *
 * @param more over the environment of the tests
 */
export function startCommand(
  { deployment }: Tenant,
  args: readonly string[],
  more: Readonly<Record<string, string>> = {},
): ChildProcess {
  const env = {
    ...process.env,
    AV_TELEMETRY_HOME: deployment.folders.state,
    NO_COLOR: '1',
    ...more,
  }
  const line = ['scripts/bootstrap.mjs', ...args]
  return spawn(process.execPath, line, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] })
}

export async function runCommand(
  ...[tenant, args, more]: Parameters<typeof startCommand>
): Promise<CommandResult> {
  const child = startCommand(tenant, args, more)
  const said = { out: '', err: '' }
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (said.out += text))
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (said.err += text))
  await once(child, 'close')
  return { code: child.exitCode, ...said }
}
