import { Command } from 'commander'
import { loadConfig } from '../../infra/config/config.ts'
import { removeEventsAddress } from '../../infra/config/published-address.ts'
import { askEngine } from '../../infra/docker/engine/engine.ts'
import { removeImages } from '../../infra/docker/images/built-images.ts'
import { dockerPlatforms } from '../../infra/docker/engine/running.ts'
import { masterConfig } from '../platform/paths.ts'
import { reportUserErrors } from '../cli/user-errors.ts'
import { parseArguments } from '../cli/parse-arguments.ts'
import { Pulumi } from '../platform/pulumi.ts'
import { print } from '../cli/output.ts'
import { userPath } from '../cli/user-paths.ts'

type Options = {
  readonly config: string
  readonly images: boolean
  readonly stack: string
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
    await askEngine()
    const pulumi = await Pulumi.open(options.stack, signal)
    const before = await dockerPlatforms()
    const verbosity = options.verbose ? ['--logtostderr', '--verbose=3'] : []
    await pulumi.onStack('destroy', '--yes', '--skip-preview', ...verbosity)
    const left = (await dockerPlatforms()).map(({ network }) => network.name)
    const gone = before.filter(({ network }) => !left.includes(network.name))
    for (const config of gone) removeEventsAddress(config, 'containers')
    if (!options.images) return 0
    for (const config of gone.length > 0 ? gone : [own]) {
      const count = await removeImages(config)
      print(`Removed ${count} images of ${config.network.name}.`)
    }
    return 0
  })
}

function parseOptions(args: readonly string[]): Options {
  const command = new Command('scripts/teardown-infra.sh')
    .description(
      'Removes the platform from Docker: containers, vehicles, network, and the data unless postgres.keepData was set.',
    )
    .option(
      '-c, --config <file>',
      'configuration whose images are removed if none runs',
      masterConfig,
    )
    .option('--images', 'remove the images that were built, too', false)
    .option('--stack <name>', "Pulumi's stack", 'dev')
    .option('-v, --verbose', 'log what Pulumi does', false)
    .allowExcessArguments(false)
  return parseArguments(command, args).opts<Options>()
}
