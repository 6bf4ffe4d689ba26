import { randomInt } from 'node:crypto'
import { Command, InvalidArgumentError, Option } from 'commander'
import { createRandom } from '../fleet/random.ts'
import { MachineError } from '../infra/machine-error.ts'
import { masterConfig, userPath } from './local-access.ts'
import { sayingMistakes } from './mistakes.ts'
import { parseArguments } from './parse-arguments.ts'
import type { Target } from './running-platform.ts'
import { findPlatform } from './running-platform.ts'
import { DockerStack } from './verify/docker-stack.ts'
import { chosenFaults } from './verify/faults/all-faults.ts'
import type { Fault } from './verify/faults/fault.ts'
import { LocalStack } from './verify/local-stack.ts'
import { inJson, inTable } from './verify/report.ts'
import type { Verdict } from './verify/run-fault.ts'
import { isKept, runFault } from './verify/run-fault.ts'
import type { Stack } from './verify/stack.ts'

type Options = {
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

/** Seconds of a fault that has no length of its own; of the mixture. */
const lengths = { alone: 15, mixed: 600 }
const quickLengths = { alone: 3, mixed: 30 }

/** `npm run verify`: exit code 1 when the promise was not kept. */
export function run(args: readonly string[], signal: AbortSignal): Promise<number> {
  return sayingMistakes(async () => {
    const options = parseOptions(args)
    const faults = chosenFaults(options.faults, options.quick)
    const verdicts = await breakAll(faults, options, signal)
    if (verdicts === undefined) return 130
    const { seed, json } = options
    process.stdout.write(`${json ? inJson(seed, verdicts) : inTable(verdicts)}\n`)
    const isAllKept = verdicts.every(isKept)
    if (options.target === 'local' && isAllKept) LocalStack.remove()
    if (options.target === 'local' && !isAllKept) say(`logs: ${LocalStack.folders.logs}\n`)
    return isAllKept ? 0 : 1
  }, process.stderr)
}

/** @returns undefined where it was told to stop */
async function breakAll(
  faults: readonly Fault[],
  options: Options,
  signal: AbortSignal,
): Promise<Verdict[] | undefined> {
  try {
    await using stack = await openStack(options, signal)
    say(`seed ${options.seed}, ${options.rate} readings a second\n`)
    const verdicts: Verdict[] = []
    for (const [index, fault] of faults.entries()) {
      say(`${fault.name}: ${fault.about} ... `)
      const verdict = await runFault(fault, {
        stack,
        rate: options.rate,
        seconds: secondsOf(fault, options),
        isQuick: options.quick,
        random: createRandom(options.seed, index),
        signal,
      })
      say(`${inWords(verdict)}\n`)
      verdicts.push(verdict)
    }
    return verdicts
  } catch (error) {
    if (signal.aborted) return undefined
    throw error
  }
}

async function openStack(options: Options, signal: AbortSignal): Promise<Stack> {
  const { config, set: settings, target, network } = options
  if (target === 'local') {
    return LocalStack.start({ configFile: userPath(config), settings, signal })
  }
  const platform = await findPlatform({ target, ...(network !== undefined && { network }) })
  if (!platform) throw new MachineError(noneOnDocker)
  return DockerStack.open(platform, signal)
}

const noneOnDocker =
  'There is no such platform on Docker: pulumi up or scripts/launch-infra.sh starts one, --network NAME says which.'

function secondsOf({ name }: Fault, { duration, quick }: Options): number {
  const { alone, mixed } = quick ? quickLengths : lengths
  return duration ?? (name === 'mixed' ? mixed : alone)
}

function inWords(verdict: Verdict): string {
  if (verdict.kind === 'not-injected') return 'not injected here'
  const { lost, duplicateRows, recoverySeconds } = verdict
  const recovery =
    recoverySeconds === null ? 'no recovery' : `well ${recoverySeconds.toFixed(1)} s later`
  return `lost ${lost}, duplicate rows ${duplicateRows}, ${recovery}`
}

function parseOptions(args: readonly string[]): Options {
  const command = new Command('npm run verify --')
    .description(
      'Breaks a platform on purpose and counts what was lost: one of its own on this machine, or the one that runs on Docker.',
    )
    .option('--faults <names>', 'which, with commas between them; without it, all')
    .option(
      '--quick',
      'each short, and without --faults those alone that fit into five minutes',
      false,
    )
    .option('--seed <n>', 'what every random choice comes from', wholeNumber, randomInt(2 ** 31))
    .option('--rate <n>', 'readings a second', wholeNumber, 2_000)
    .option('--duration <s>', 'seconds of each fault that has no length of its own', wholeNumber)
    .option('--json', 'print the figures as JSON, and nothing else on standard output', false)
    .addOption(
      new Option('--target <target>', 'where').choices(['local', 'docker']).default('local'),
    )
    .option('--network <name>', 'which platform on Docker, by the name of its network')
    .option('-c, --config <file>', 'configuration of the platform of its own', masterConfig)
    .option('--set <key=value...>', 'a setting over the configuration', [])
    .allowExcessArguments(false)
  return parseArguments(command, args).opts<Options>()
}

function wholeNumber(text: string): number {
  const value = Number(text)
  if (Number.isInteger(value) && value >= 0) return value
  throw new InvalidArgumentError('Expected a whole number.')
}

/** Progress; standard output is for the result. */
function say(text: string): void {
  process.stderr.write(text)
}
