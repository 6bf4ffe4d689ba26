import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { toConfig } from '../../infra/config.ts'
import { identify } from '../../infra/local/process-identity.ts'
import { writeRunRecord } from '../../infra/local/run-record.ts'
import { root } from '../../scripts/local-access.ts'
import type { Tenant } from './tenant.ts'

/** `npm run dead-letters -- ...` about a tenant, each time a process of its own. */

export type Answer = { readonly code: number | null; readonly out: string; readonly err: string }
export type Json = Record<string, unknown>

/** Says to commands that the tenant is the platform that runs, with this retention. */
export function announce({ config, place }: Tenant, retentionDays: number): void {
  const raised = toConfig(structuredClone(config), [`postgres.retentionDays=${retentionDays}`])
  const supervisor = identify(process.pid)
  if (supervisor === undefined) throw new Error('this process is none')
  const record = { supervisor, config: raised, fleetSeed: 1, processes: [] }
  writeRunRecord(place.folders.state, record)
}

/** Without npm between, so that a signal reaches the command itself. */
export function startDeadLetters({ place }: Tenant, args: readonly string[]): ChildProcess {
  const env = { ...process.env, AV_TELEMETRY_HOME: place.folders.state }
  const line = ['scripts/bootstrap.mjs', 'dead-letters', ...args]
  return spawn(process.execPath, line, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] })
}

export async function runDeadLetters(tenant: Tenant, args: readonly string[]): Promise<Answer> {
  const child = startDeadLetters(tenant, args)
  const said = { out: '', err: '' }
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (said.out += text))
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (said.err += text))
  await once(child, 'close')
  return { code: child.exitCode, ...said }
}

/** The same with `--json`: what it prints, and its exit code. */
export async function runInJson(
  tenant: Tenant,
  args: readonly string[],
): Promise<Json & { code: number | null }> {
  const { code, out } = await runDeadLetters(tenant, [...args, '--json'])
  return { code, ...(JSON.parse(out) as Json) }
}
