import { randomInt } from 'node:crypto'
import { Command, InvalidArgumentError, Option } from 'commander'
import { masterConfig } from '../platform/paths.ts'
import { parseArguments } from '../cli/parse-arguments.ts'
import type { Target } from '../platform/running-platform.ts'

/** What a person says to `npm run verify`. */
export type VerifyOptions = {
  readonly faults?: string
  readonly seed: number
  readonly rate: number
  readonly duration?: number
  readonly quick: boolean
  readonly json: boolean
  readonly config: string
  readonly set: string[]
  readonly target: Target
  readonly network?: string
}

/**
 * @param writeError where a mistake is said
 * @throws CommanderError once a mistake has been said
 */
export function parseVerifyOptions(
  args: readonly string[],
  writeError: (text: string) => void = (text) => process.stderr.write(text),
): VerifyOptions {
  const command = new Command('npm run verify --')
    .description(
      'Breaks a platform on purpose and counts what was lost: one of its own on this machine, or the one that runs on Docker.',
    )
    .configureOutput({ writeErr: writeError })
    .option('--faults <names>', 'which, with commas between them; without it, all')
    .option(
      '--quick',
      'each short, and without --faults those alone that fit into five minutes',
      false,
    )
    .option('--seed <n>', 'what every random choice comes from', wholeNumber, randomInt(2 ** 31))
    .option('--rate <n>', 'readings a second', positive, 2_000)
    .option('--duration <s>', 'seconds of each fault that has no length of its own', wholeNumber)
    .option('--json', 'print the figures as JSON, and nothing else on standard output', false)
    .addOption(
      new Option('--target <target>', 'where').choices(['local', 'docker']).default('local'),
    )
    .option('--network <name>', 'which platform on Docker, by the name of its network')
    .option('-c, --config <file>', 'configuration of the platform of its own', masterConfig)
    .option('--set <key=value...>', 'a setting over the configuration', [])
    .allowExcessArguments(false)
  return parseArguments(command, args).opts<VerifyOptions>()
}

function wholeNumber(text: string): number {
  const value = Number(text)
  if (text.trim() !== '' && Number.isInteger(value) && value >= 0) return value
  throw new InvalidArgumentError('Expected a whole number.')
}

/** Without a rate every unit would be due at once. */
function positive(text: string): number {
  const value = Number(text)
  if (Number.isInteger(value) && value > 0) return value
  throw new InvalidArgumentError('Expected a whole number above 0.')
}
