import { Command } from 'commander'
import { checkStack } from '../../infra/docker/check-stack.ts'
import { masterConfig, root } from '../platform/paths.ts'
import { reportUserErrors } from '../cli/user-errors.ts'
import { parseArguments } from '../cli/parse-arguments.ts'
import { labelOfStack, Pulumi } from '../platform/pulumi.ts'
import { print } from '../cli/output.ts'
import { userPath } from '../cli/user-paths.ts'

type Options = {
  readonly config: string
  readonly set: readonly string[]
  readonly stack: string
  readonly verbose: boolean
}

/** `scripts/launch-infra.sh`: prepares and runs `pulumi up`. Resolves to the exit code. */
export function run(args: readonly string[], signal: AbortSignal): Promise<number> {
  return reportUserErrors(async () => {
    const options = parseOptions(args)
    const configFile = userPath(options.config)
    const stack = labelOfStack(options.stack)
    // A refused launch must not create a stack, select it or change its settings.
    await checkStack({ root, configFile, settings: options.set, stack })
    const pulumi = await Pulumi.open(options.stack, signal)
    await pulumi.select()
    await pulumi.onStack('config', 'set', 'configFile', configFile)
    await pulumi.onStack('config', 'rm', 'set')
    for (const [index, setting] of options.set.entries()) {
      await pulumi.onStack('config', 'set', '--path', `set[${index}]`, setting)
    }
    const verbosity = options.verbose ? ['--logtostderr', '--verbose=3'] : []
    await pulumi.onStack('up', '--yes', '--skip-preview', ...verbosity)
    print(afterwards)
    return 0
  })
}

function parseOptions(args: readonly string[]): Options {
  const command = new Command('scripts/launch-infra.sh')
    .description(
      'Starts the platform on Docker with Pulumi, or applies a changed configuration to it.',
    )
    .option('-c, --config <file>', 'configuration to use', masterConfig)
    .option(
      '--set <key=value...>',
      'a setting over the configuration, e.g. kafka.partitions=12',
      [],
    )
    .option('--stack <name>', "Pulumi's stack", 'dev')
    .option('-v, --verbose', 'log what Pulumi does', false)
    .allowExcessArguments(false)
  return parseArguments(command, args).opts<Options>()
}

const afterwards = `
  vehicles  npm run fleet -- --num-vehicles 5
  state     npm run status
  stop      scripts/teardown-infra.sh
`
