import type { ChildProcess } from 'node:child_process'
import type { CommandResult } from './commands.ts'
import { runCommand, startCommand } from './commands.ts'
import type { Tenant } from './tenant.ts'

/** `npm run dead-letters -- ...` about a tenant. */

export type Json = Record<string, unknown>

export const startDeadLetters = (tenant: Tenant, args: readonly string[]): ChildProcess =>
  startCommand(tenant, ['dead-letters', ...args])

export const runDeadLetters = (tenant: Tenant, args: readonly string[]): Promise<CommandResult> =>
  runCommand(tenant, ['dead-letters', ...args])

/** The same with `--json`: what it prints, and its exit code. */
export async function runDeadLettersJson(
  tenant: Tenant,
  args: readonly string[],
): Promise<Json & { code: number | null }> {
  const { code, out } = await runDeadLetters(tenant, [...args, '--json'])
  return { code, ...(JSON.parse(out) as Json) }
}
