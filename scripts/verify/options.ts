import { randomInt } from 'node:crypto'
import { Command, InvalidArgumentError, Option } from 'commander'
import { parseWhole } from '../../services/runtime/parse-number.ts'
import { masterConfig } from '../platform/paths.ts'
import { parseArguments } from '../cli/parse-arguments.ts'
import { withTargetOptions } from '../platform/running-platform.ts'
import { targetNames } from '../targets/all-targets.ts'
import type { PlatformChoice } from '../targets/target.ts'
import type { WorkloadName } from '../workload/all-workloads.ts'
import { workloadNames } from '../workload/all-workloads.ts'

/** The options of `npm run verify`. */
export type VerifyOptions = PlatformChoice & {
  readonly workload: WorkloadName
  readonly faults?: string
  readonly seed: number
  readonly rate?: number
  readonly duration?: number
  readonly quick: boolean
  readonly json: boolean
  readonly config: string
  readonly set: string[]
  readonly target: string
}

/**
 * @param writeError receives the message about a wrong option
 * @throws CommanderError after that message was written
 */
export function parseVerifyOptions(
  args: readonly string[],
  writeError: (text: string) => void = (text) => process.stderr.write(text),
): VerifyOptions {
  const command = new Command('npm run verify --')
    .description(
      'Injects faults into a platform and counts lost and duplicate rows. By default it starts a separate platform on this machine; with --target docker or kubernetes it uses the one that runs there.',
    )
    .configureOutput({ writeErr: writeError })
    .addOption(
      new Option('--workload <name>', 'what is sent and judged')
        .choices(workloadNames)
        .default('readings'),
    )
    .option('--faults <names>', 'faults to inject, separated by commas; default: all')
    .option(
      '--quick',
      'shorten each fault; without --faults, only those that fit into five minutes',
      false,
    )
    .option(
      '--seed <n>',
      'seed of all random choices; default: a random one, which is printed',
      wholeNumber,
      randomInt(2 ** 31),
    )
    .option(
      '--rate <n>',
      'readings, records or tasks per second; default: 2000, and 100 tasks',
      positive,
    )
    .option('--duration <s>', 'seconds of each fault that has no fixed duration', wholeNumber)
    .option('--json', 'print JSON only', false)
    .addOption(
      new Option('--target <target>', 'where the platform runs')
        .choices([...targetNames])
        .default('local'),
    )
    .option(
      '-c, --config <file>',
      'configuration of the separate platform, or of the one that runs',
      masterConfig,
    )
    .option('--set <key=value...>', 'set a key of the configuration', [])
    .allowExcessArguments(false)
  return parseArguments(withTargetOptions(command), args).opts<VerifyOptions>()
}

function wholeNumber(text: string): number {
  const value = parseWhole(text)
  if (value >= 0) return value
  throw new InvalidArgumentError('Expected a whole number.')
}

/** A rate of 0 is refused: the schedule divides by it. */
function positive(text: string): number {
  const value = parseWhole(text)
  if (value > 0) return value
  throw new InvalidArgumentError('Expected a whole number above 0.')
}
