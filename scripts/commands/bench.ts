import { join } from 'node:path'
import { Command, InvalidArgumentError } from 'commander'
import { parseWhole } from '../../services/runtime/parse-number.ts'
import { InputError } from '../../infra/checks/user-error.ts'
import { chosenBenches } from '../bench/all-benches.ts'
import type { Bench, BenchContext, Figure } from '../bench/bench.ts'
import { BenchPlatform } from '../bench/bench-platform.ts'
import { drawCharts } from '../bench/charts/charts.ts'
import { measureAgainst } from '../bench/sink/against.ts'
import { figuresToJson, formatFiguresTable, formatFigure } from '../bench/report.ts'
import { masterConfig, root } from '../platform/paths.ts'
import { reportUserErrors } from '../cli/user-errors.ts'
import { parseArguments } from '../cli/parse-arguments.ts'
import { print, printProgress } from '../cli/output.ts'
import { userPath } from '../cli/user-paths.ts'

type Options = {
  readonly records?: number
  readonly runs?: number
  readonly pairs?: number
  readonly keys?: number
  readonly archived?: number
  readonly against?: string
  readonly quick: boolean
  readonly json: boolean
  readonly config: string
  readonly set: string[]
}

/** Records a run, and the number of runs whose median counts. */
const full = { records: 1_000_000, runs: 3 }
const quick = { records: 100_000, runs: 1 }

/** `npm run bench`: the exit code does not depend on the figures. */
export function run(args: readonly string[], signal: AbortSignal): Promise<number> {
  return reportUserErrors(async () => {
    const { names, options } = parseOptions(args)
    const benches = chosenBenches(names)
    if (options.against !== undefined && names.join() !== 'sink')
      throw new InputError('Only sink can be measured with --against.')
    const figures = await measureAll(benches, options, signal)
    if (figures === undefined) return 130
    print(options.json ? figuresToJson(figures) : formatFiguresTable(figures))
    // Figures of short runs and ratios of two clones do not change the charts.
    if (!options.quick && options.against === undefined)
      printProgress(`drawn: ${drawCharts(figures, join(root, 'img')).join(', ')}`)
    BenchPlatform.remove()
    return 0
  }, process.stderr)
}

/** @returns undefined if it was interrupted */
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
    runs: options.runs ?? runs,
    ...{ pairs: options.pairs, keys: options.keys, archived: options.archived },
    signal,
    printProgress,
    open: (...own) => BenchPlatform.start({ configFile, settings, signal }, own),
    configFile,
    settings,
  }
  try {
    if (options.against !== undefined)
      return await measureAgainst(userPath(options.against), context)
    const figures: Figure[] = []
    for (const { name, description, measure } of benches) {
      printProgress(`${name}: ${description}`)
      const measured = await measure({
        ...context,
        printProgress: (text) => {
          printProgress(`  ${text}`)
        },
      })
      // Printed now as well, because a later benchmark may fail or be interrupted.
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
      'Measures a separate platform on this machine. Beside each figure it prints what a minimal program reaches on the same machine.',
    )
    .argument('[names...]', 'benchmarks to run; default: all')
    .option('--records <n>', 'number of records in each run', positive)
    .option('--runs <n>', 'number of runs; the median counts', positive)
    .option(
      '--pairs <n>',
      'number of pairs of runs, for benchmarks that compare in pairs and for --against',
      positive,
    )
    .option('--keys <n>', 'number of keys of the table of declared-upsert', positive)
    .option('--archived <n>', 'number of files in the archive before small-files runs', positive)
    .option('--against <folder>', 'measure sink and the sink of another clone in turns')
    .option('--quick', 'one short run of each, to see that it works', false)
    .option('--json', 'print JSON only', false)
    .option('-c, --config <file>', 'configuration of the platform', masterConfig)
    .option('--set <key=value...>', 'set a key of the configuration', [])
  parseArguments(command, args)
  return { names: command.args, options: command.opts<Options>() }
}

function positive(text: string): number {
  const value = parseWhole(text)
  if (value > 0) return value
  throw new InvalidArgumentError('Expected a whole number above 0.')
}
