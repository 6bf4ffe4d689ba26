import { styleText } from 'node:util'
import { Command } from 'commander'
import { UserError } from '../../infra/checks/user-error.ts'
import type { Account, AccountCounts } from '../../services/ledger/account.ts'
import { describeRemedy } from '../../services/ledger/unreadable.ts'
import { describeLaterLog } from '../platform/describe-log.ts'
import { guaranteeOf } from '../status/guarantee.ts'
import { reportUserErrors } from '../cli/user-errors.ts'
import { parseArguments } from '../cli/parse-arguments.ts'
import type { PlatformChoice, RunningPlatform } from '../targets/target.ts'
import { findPlatform, noPlatform, withChoice } from '../platform/running-platform.ts'
import { print, printJson } from '../cli/output.ts'
import { formatTable } from '../cli/table.ts'
import type { BucketStatus } from '../status/bucket-status.ts'
import type { AnyPipeline, PipelineStatus, RunningParts } from '../status/read-status.ts'
import { describeUnknownVehicles } from '../status/unknown-vehicles.ts'
import { isInOrder, readPipelines, readRunningParts, toJson } from '../status/read-status.ts'

/**
 * `npm run status`: services, lag and account. Exit code 1 if a service is down, the bucket cannot be read, an account does
 * not balance, a partition cannot be read, or a pipeline needs a decision.
 */
export function run(args: readonly string[]): Promise<number> {
  return reportUserErrors(async () => {
    const command = new Command('npm run status --')
      .description('Shows the services, the lag, and whether the account balances.')
      .option('--json', 'print JSON')
    parseArguments(withChoice(command), args)
    const choice = command.opts<PlatformChoice & { readonly json?: true }>()
    const platform = await findPlatform(choice)
    if (!platform) throw new UserError(noPlatform)
    return choice.json ? showJson(platform) : show(platform)
  })
}

async function showJson(platform: RunningPlatform): Promise<number> {
  const parts = await readRunningParts(platform)
  const pipelines = await readPipelines(platform)
  const guarantee = await guaranteeOf(platform.config, platform)
  printJson(toJson({ parts, pipelines, guarantee }))
  return isInOrder(parts, pipelines) ? 0 : 1
}

/** Shows the services at once: to count the rows takes longer. */
async function show(platform: RunningPlatform): Promise<number> {
  const { config } = platform
  const parts = await readRunningParts(platform)
  showParts(platform, parts)
  const pipelines = await readPipelines(platform)
  for (const pipeline of pipelines) showPipeline(pipeline)
  print(`\n${(await guaranteeOf(config, platform)).join('\n')}`)
  return isInOrder(parts, pipelines) ? 0 : 1
}

function showParts({ place, unit }: RunningPlatform, parts: RunningParts): void {
  const { address, services, vehicleContainers, bucket, unknownVehicles } = parts
  print(`${address} (${place})\n`)
  const hasRestarts = services.some(({ restarts }) => restarts !== undefined)
  const rows = services.map(({ name, where, state, restarts = 0 }) => [
    ...[name, where, { text: state, style: colours[state] }],
    ...(hasRestarts ? [String(restarts)] : []),
  ])
  print(formatTable(['service', unit, 'state', ...(hasRestarts ? ['restarts'] : [])], rows))
  for (const { name, reason } of services) {
    if (reason !== null) print(red(`\n${name} is not ready: ${reason}`))
  }
  if (bucket !== null) showBucket(bucket)
  if (unknownVehicles === 'kept') print(yellow(`\n${describeUnknownVehicles(unknownVehicles)}`))
  else if (unknownVehicles !== null) print(`\n${describeUnknownVehicles(unknownVehicles)}`)
  if (vehicleContainers.length === 0) return
  // Vehicle containers that have ended or restart repeatedly.
  const notRunning = vehicleContainers.filter(({ status }) => !status.startsWith('Up'))
  const words = notRunning.map(({ name, status }) => `${name}: ${status}`)
  print([`\n${vehicleContainers.length} vehicle ${unit}s`, ...words.map(red)].join('\n'))
}

function showBucket({ address, fault, files, server }: BucketStatus): void {
  print(`\nBucket of the files: ${address}`)
  if (server !== null) {
    print(`Web page: ${server.webPage}`)
    print(`Access key: ${server.accessKey}, secret key: ${server.secretKey}`)
  }
  const present = Object.entries(files ?? {}).filter(([, count]) => count > 0)
  if (present.length > 0) print(present.map(([state, count]) => `${count} ${state}`).join(', '))
  if (fault !== null) print(red(`It cannot be read. Pipelines of files wait. ${fault}`))
}

function showPipeline(pipeline: AnyPipeline): void {
  if ('error' in pipeline) {
    print(red(`\nPipeline ${pipeline.name}\nThe account cannot be read (${pipeline.error}).`))
    return
  }
  const { name, inFlightUnknown, laterLogs, unreadable, needsDecision, partitions, rows } = pipeline
  print(`\nPipeline ${name}\n${ledgerTable(pipeline)}`)
  if (needsDecision !== null) print(red(`It needs a decision. ${needsDecision}`))
  if (inFlightUnknown !== null) {
    print(red(`${inFlightUnknown} The number of records in flight is unknown.`))
  }
  for (const { log: id, ...log } of laterLogs) print(yellow(describeLaterLog({ id, ...log })))
  for (const { partition, log, firstOffset, lastOffset, reason } of unreadable) {
    const what = `Partition ${partition} of log ${log} cannot be read from Kafka at offset ${firstOffset}: ${reason}. Nothing after it is stored.`
    const range = { partition, firstOffset, lastOffset: lastOffset ?? undefined }
    print(red(`${what} ${describeRemedy(range)}`))
  }
  for (const { partition, log, imbalance } of partitions) {
    if (imbalance === 0) continue
    print(red(`Partition ${partition} of log ${log}: the ledger differs by ${imbalance} offsets.`))
  }
  if (rows === null) return
  const verdict = rowVerdict(pipeline)
  print(
    `\nRows: ${rows.rows} now + ${rows.rowsOfRetiredDays} deleted (by retention, or by hand and counted) = ${rows.stored} stored + ${rows.redriven} stored by redrive: ${verdict}`,
  )
}

/** Whether rows and ledgers agree; if not, the likely cause of the difference and what to do. */
function rowVerdict({ rowImbalance: difference, table }: PipelineStatus): string {
  if (difference === 0) return green('balanced')
  const cause =
    difference < 0
      ? `Missing rows: ${-difference}. Rows of ${table ?? ''} were deleted by hand and not counted, or records were lost.`
      : `Surplus rows: ${difference}. Rows were inserted into ${table ?? ''} by hand, or the ledgers were changed.`
  return red(
    `the difference is ${difference}\n${cause} What to do: docs/operations.md, "If the account does not balance".`,
  )
}

function ledgerTable({ partitions, total }: Account): string {
  const head = [
    'log',
    'partition',
    'settled',
    'stored',
    'updated',
    'duplicate',
    'dead',
    'expired',
    'in flight',
  ]
  const cells = (counts: AccountCounts): string[] => {
    const { settled, stored, updated, duplicate, deadLettered, expired, inFlight } = counts
    return [settled, stored, updated, duplicate, deadLettered, expired, inFlight ?? ''].map(String)
  }
  const rows = partitions.map((line) => [String(line.log), String(line.partition), ...cells(line)])
  return formatTable(head, [...rows, ['', 'all', ...cells(total)]])
}

const red = (text: string): string => styleText('red', text)
const yellow = (text: string): string => styleText('yellow', text)
const green = (text: string): string => styleText('green', text)
const colours = { ready: green, 'not ready': red, down: red }
