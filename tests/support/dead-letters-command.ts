import type { ChildProcess } from 'node:child_process'
import type { CommandResult } from './commands.ts'
import { runCommand, startCommand } from './commands.ts'
import type { Tenant } from './tenant.ts'

/** Runs `npm run dead-letters` against a tenant. */

export type Json = Record<string, unknown>

export const startDeadLetters = (tenant: Tenant, args: readonly string[]): ChildProcess =>
  startCommand(tenant, ['dead-letters', ...args])

export const runDeadLetters = (tenant: Tenant, args: readonly string[]): Promise<CommandResult> =>
  runCommand(tenant, ['dead-letters', ...args])

/** Runs it with `--json`. Returns the exit code and the printed JSON. */
export async function runDeadLettersJson(
  tenant: Tenant,
  args: readonly string[],
): Promise<Json & { code: number | null }> {
  const { code, out } = await runDeadLetters(tenant, [...args, '--json'])
  return { code, ...(JSON.parse(out) as Json) }
}
