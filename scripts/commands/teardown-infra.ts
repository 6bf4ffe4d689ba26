import { Command } from 'commander'
import { loadConfig } from '../../infra/config/config.ts'
import { masterConfig } from '../platform/paths.ts'
import { reportUserErrors } from '../cli/user-errors.ts'
import { parseArguments } from '../cli/parse-arguments.ts'
import { labelOfStack, Pulumi } from '../platform/pulumi.ts'
import { userPath } from '../cli/user-paths.ts'
import { withStack, withTargetOfStack } from '../platform/stack-target.ts'

type Options = {
  readonly config: string
  readonly images: boolean
  readonly target: string
  readonly stack?: string
  readonly verbose: boolean
}

/**
 * `scripts/teardown-infra.sh`: runs `pulumi destroy` and removes the rest. Resolves to the exit
 * code.
 */
export function run(args: readonly string[], signal: AbortSignal): Promise<number> {
  return reportUserErrors(async () => {
    const options = parseOptions(args)
    const own = loadConfig(userPath(options.config))
    const { launcher, stack } = await withStack(options)
    await launcher.requireAnswer()
    const pulumi = await Pulumi.open(stack, signal)
    const teardown = await launcher.prepareTeardown(own, {
      images: options.images,
      stack: labelOfStack(stack),
    })
    const verbosity = options.verbose ? ['--logtostderr', '--verbose=3'] : []
    await pulumi.onStack('destroy', '--yes', '--skip-preview', ...verbosity)
    await teardown.finish()
    return 0
  })
}

function parseOptions(args: readonly string[]): Options {
  const command = new Command('scripts/teardown-infra.sh')
    .description(
      'Removes the platform from Docker or Kubernetes: services, vehicles, network or namespace, and the data unless postgres.keepData was set.',
    )
    .option(
      '-c, --config <file>',
      'configuration whose images are removed if none runs',
      masterConfig,
    )
    .option('--images', 'remove the images that were built, too', false)
    .option('-v, --verbose', 'log what Pulumi does', false)
    .allowExcessArguments(false)
  return parseArguments(withTargetOfStack(command), args).opts<Options>()
}
