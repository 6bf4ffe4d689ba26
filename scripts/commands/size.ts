import { Command, InvalidArgumentError } from 'commander'
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

/** `npm run size`: what a fleet needs, computed from what was measured. */
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
    .description('What a fleet needs: producers, partitions, brokers, consumers, disk.')
    .requiredOption('--vehicles <n>', 'how many vehicles', positive)
    .requiredOption('--interval <s>', 'seconds between two readings of a vehicle', positive)
    .option('--readings-per-post <n>', 'how many readings a vehicle sends together', positive, 1)
    .option('--days <n>', 'days for which rows are kept', positive, 30)
    .option('--json', 'print the figures as JSON, and nothing else on standard output', false)
    .allowExcessArguments(false)
  return parseArguments(command, args).opts<Options>()
}

function positive(text: string): number {
  const value = Number(text)
  if (Number.isFinite(value) && value > 0) return value
  throw new InvalidArgumentError('Expected a number above 0.')
}
