import { Command } from 'commander'
import { UserError } from '../../infra/checks/user-error.ts'
import { masterConfig, root } from '../platform/paths.ts'
import { reportUserErrors } from '../cli/user-errors.ts'
import { parseArguments } from '../cli/parse-arguments.ts'
import { labelOfStack, Pulumi } from '../platform/pulumi.ts'
import { print } from '../cli/output.ts'
import type { Launcher } from '../targets/target.ts'
import { userPath } from '../cli/user-paths.ts'
import { withStack, withTargetOfStack } from '../platform/stack-target.ts'

type Options = {
  readonly config: string
  readonly set: readonly string[]
  readonly target: string
  readonly stack?: string
  readonly verbose: boolean
}

/** `scripts/launch-infra.sh`: prepares and runs `pulumi up`. Resolves to the exit code. */
export function run(args: readonly string[], signal: AbortSignal): Promise<number> {
  return reportUserErrors(async () => {
    const options = parseOptions(args)
    const { launcher, stack } = await withStack(options)
    const configFile = userPath(options.config)
    // A refused launch must not create a stack, select it or change its settings.
    const request = { root, configFile, settings: options.set, stack: labelOfStack(stack) }
    await launcher.check(request)
    const pulumi = await Pulumi.open(stack, signal)
    requireSameTarget(pulumi, launcher, stack)
    await pulumi.select()
    await setSettings(pulumi, { ...options, configFile })
    const verbosity = options.verbose ? ['--logtostderr', '--verbose=3'] : []
    await pulumi.onStack('up', '--yes', '--skip-preview', ...verbosity)
    print(launcher.afterwards)
    return 0
  })
}

/** Otherwise Pulumi would delete the platform and its data on one target, and make an empty one on the other. */
function requireSameTarget(pulumi: Pulumi, { psqlProgram }: Launcher, stack: string): void {
  const psql = pulumi.output('psql')
  if (psql === undefined || psql.startsWith(`${psqlProgram} `)) return
  throw new UserError(
    `The platform of the stack ${stack} runs on another target (psql: ${psql}). Give its --target, or choose another --stack for a second platform.`,
  )
}

async function setSettings(
  pulumi: Pulumi,
  { target, configFile, set }: Pick<Options, 'target' | 'set'> & { readonly configFile: string },
): Promise<void> {
  await pulumi.onStack('config', 'set', 'target', target)
  await pulumi.onStack('config', 'set', 'configFile', configFile)
  await pulumi.onStack('config', 'rm', 'set')
  for (const [index, setting] of set.entries()) {
    await pulumi.onStack('config', 'set', '--path', `set[${index}]`, setting)
  }
}

function parseOptions(args: readonly string[]): Options {
  const command = new Command('scripts/launch-infra.sh')
    .description(
      'Starts the platform on Docker or Kubernetes with Pulumi, or applies a changed configuration to it.',
    )
    .option('-c, --config <file>', 'configuration to use', masterConfig)
    .option(
      '--set <key=value...>',
      'a setting over the configuration, e.g. kafka.partitions=12',
      [],
    )
    .option('-v, --verbose', 'log what Pulumi does', false)
    .allowExcessArguments(false)
  return parseArguments(withTargetOfStack(command), args).opts<Options>()
}
