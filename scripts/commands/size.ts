import { Command, InvalidArgumentError } from 'commander'
import { parseDecimal } from '../../services/runtime/parse-number.ts'
import { reportUserErrors } from '../cli/user-errors.ts'
import { parseArguments } from '../cli/parse-arguments.ts'
import { print, printJson } from '../cli/output.ts'
import { formatSizeTable, describeBasis } from '../size/report.ts'
import { sizeFor } from '../size/size-for.ts'

type Options = {
  readonly vehicles: number
  readonly interval: number
  readonly readingsPerPost: number
  readonly days: number
  readonly json: boolean
}

/** `npm run size`: computes what a fleet needs from benchmark results. */
export function run(args: readonly string[]): Promise<number> {
  return reportUserErrors(() => {
    const { json, ...fleet } = parseOptions(args)
    const size = sizeFor({ ...fleet, intervalSeconds: fleet.interval, retentionDays: fleet.days })
    if (json) printJson(size)
    else print(`${formatSizeTable(size)}\n\n${describeBasis(size)}`)
    return Promise.resolve(0)
  }, process.stderr)
}

function parseOptions(args: readonly string[]): Options {
  const command = new Command('npm run size --')
    .description('Computes what a fleet needs: producers, partitions, brokers, consumers, disk.')
    .requiredOption('--vehicles <n>', 'number of vehicles', positive)
    .requiredOption('--interval <s>', 'seconds between two readings of a vehicle', positive)
    .option('--readings-per-post <n>', 'readings that a vehicle sends in one request', positive, 1)
    .option('--days <n>', 'days for which rows are kept', positive, 30)
    .option('--json', 'print JSON only', false)
    .allowExcessArguments(false)
  return parseArguments(command, args).opts<Options>()
}

function positive(text: string): number {
  const value = parseDecimal(text)
  if (Number.isFinite(value) && value > 0) return value
  throw new InvalidArgumentError('Expected a number above 0.')
}
