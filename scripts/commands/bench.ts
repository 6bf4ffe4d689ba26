import { join } from 'node:path'
import { Command, InvalidArgumentError } from 'commander'
import { chosenBenches } from '../bench/all-benches.ts'
import type { Bench, BenchContext, Figure } from '../bench/bench.ts'
import { BenchPlatform } from '../bench/bench-platform.ts'
import { drawCharts } from '../bench/charts/charts.ts'
import { figuresToJson, formatFiguresTable, formatFigure } from '../bench/report.ts'
import { masterConfig, root } from '../platform/paths.ts'
import { reportUserErrors } from '../cli/user-errors.ts'
import { parseArguments } from '../cli/parse-arguments.ts'
import { print, printProgress } from '../cli/output.ts'
import { userPath } from '../cli/user-paths.ts'

type Options = {
  readonly records?: number
  readonly quick: boolean
  readonly json: boolean
  readonly config: string
  readonly set: string[]
}

/** Records of a run, and runs of which the median counts. */
const full = { records: 1_000_000, runs: 3 }
const quick = { records: 100_000, runs: 1 }

/** `npm run bench`: exit code 0 whatever the figures are; they are for reading. */
export function run(args: readonly string[], signal: AbortSignal): Promise<number> {
  return reportUserErrors(async () => {
    const { names, options } = parseOptions(args)
    const benches = chosenBenches(names)
    const figures = await measureAll(benches, options, signal)
    if (figures === undefined) return 130
    print(options.json ? figuresToJson(figures) : formatFiguresTable(figures))
    // Short runs are no figures to show.
    if (!options.quick) printProgress(`drawn: ${drawCharts(figures, join(root, 'img')).join(', ')}`)
    BenchPlatform.remove()
    return 0
  }, process.stderr)
}

/** @returns undefined where it was told to stop */
async function measureAll(
  benches: readonly Bench[],
  options: Options,
  signal: AbortSignal,
): Promise<Figure[] | undefined> {
  const { config, set: settings } = options
  const { records, runs } = options.quick ? quick : full
  const configFile = userPath(config)
  const context: BenchContext = {
    records: options.records ?? records,
    isQuick: options.quick,
    runs,
    signal,
    say: printProgress,
    open: (...own) => BenchPlatform.start({ configFile, settings, signal }, own),
    configFile,
    settings,
  }
  try {
    const figures: Figure[] = []
    for (const { name, about, measure } of benches) {
      printProgress(`${name}: ${about}`)
      const measured = await measure({
        ...context,
        say: (text) => {
          printProgress(`  ${text}`)
        },
      })
      // Said at once as well: a later one may fail, or be ended.
      for (const figure of measured) printProgress(`  ${formatFigure(figure)}`)
      figures.push(...measured)
    }
    return figures
  } catch (error) {
    if (signal.aborted) return undefined
    throw error
  }
}

function parseOptions(args: readonly string[]): { names: string[]; options: Options } {
  const command = new Command('npm run bench --')
    .description(
      'Measures a platform of its own on this machine, and beside each figure what the machine would give without the platform.',
    )
    .argument('[names...]', 'which; without any, all')
    .option('--records <n>', 'records of a run', positive)
    .option('--quick', 'short runs, one of each: to see that it works', false)
    .option('--json', 'print the figures as JSON, and nothing else on standard output', false)
    .option('-c, --config <file>', 'configuration of the platform', masterConfig)
    .option('--set <key=value...>', 'a setting over the configuration', [])
  parseArguments(command, args)
  return { names: command.args, options: command.opts<Options>() }
}

function positive(text: string): number {
  const value = Number(text)
  if (Number.isInteger(value) && value > 0) return value
  throw new InvalidArgumentError('Expected a whole number above 0.')
}
