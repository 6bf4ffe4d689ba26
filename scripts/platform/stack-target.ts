import type { Command } from 'commander'
import { Option } from 'commander'
import { targetOf, targets } from '../targets/all-targets.ts'
import type { Launcher } from '../targets/target.ts'

/** The options of the scripts that run Pulumi. */
type StackOptions = { readonly target: string; readonly stack?: string }

/** Adds the options for the target and the stack. */
export function withTargetOfStack(command: Command): Command {
  const names = targets.flatMap(({ name, launcher }) => (launcher ? [name] : []))
  return command
    .addOption(
      new Option('--target <target>', 'where the platform runs').choices(names).default('docker'),
    )
    .option('--stack <name>', "Pulumi's stack; default: dev, and for Kubernetes dev-kubernetes")
}

/** What launches the target, and the stack of the user or the default one. */
export async function withStack({
  target,
  stack,
}: StackOptions): Promise<{ readonly launcher: Launcher; readonly stack: string }> {
  const launcher = await targetOf(target).launcher?.()
  if (launcher === undefined) throw new Error(`${target} is not launched with Pulumi`)
  return { launcher, stack: stack ?? launcher.defaultStack }
}
