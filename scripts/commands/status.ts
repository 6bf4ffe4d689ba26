import { styleText } from 'node:util'
import { Command } from 'commander'
import type { PlatformConfig } from '../../infra/config/config.ts'
import { vehicleContainers } from '../../infra/docker/vehicles.ts'
import { eventsAddress } from '../../infra/topology/addresses.ts'
import { describeGuarantee } from '../../infra/config/guarantee.ts'
import { UserError } from '../../infra/checks/user-error.ts'
import {
  accountedReadings,
  checkRows,
} from '../../services/adapters/postgres/ledger/account-store.ts'
import { PostgresLedgerStore } from '../../services/adapters/postgres/ledger/ledger-store.ts'
import { UnreadableStore } from '../../services/adapters/postgres/ledger/unreadable-store.ts'
import type { Account, AccountCounts } from '../../services/ledger/account.ts'
import { toAccount } from '../../services/ledger/account.ts'
import { imbalanceOf, rowImbalanceOf } from '../../services/ledger/ledger.ts'
import { describeRemedy } from '../../services/ledger/unreadable.ts'
import { readingsPipeline } from '../../services/telemetry/pipeline.ts'
import { rangesOfTopic } from '../platform/topic-ranges.ts'
import { describeLaterLog } from '../platform/describe-log.ts'
import { ownerPool } from '../platform/database.ts'
import { reportUserErrors } from '../cli/user-errors.ts'
import { parseArguments } from '../cli/parse-arguments.ts'
import type { PlatformChoice, RunningPlatform } from '../platform/running-platform.ts'
import { findPlatform, noPlatform, withChoice } from '../platform/running-platform.ts'
import { print } from '../cli/output.ts'
import { formatTable } from '../cli/table.ts'

/**
 * `npm run status`: services, lag and account. Exit code 1 if a service is down or the account does
 * not balance.
 */
export function run(args: readonly string[]): Promise<number> {
  return reportUserErrors(async () => {
    const command = new Command('npm run status --').description(
      'Shows the services, the lag, and whether the account balances.',
    )
    parseArguments(withChoice(command), args)
    const platform = await findPlatform(command.opts<PlatformChoice>())
    if (!platform) throw new UserError(noPlatform)
    return show(platform)
  })
}

async function show(platform: RunningPlatform): Promise<number> {
  const { target, config } = platform
  const where =
    target === 'docker' ? `on Docker, network ${config.network.name}` : 'on this machine'
  print(`${eventsAddress(config)} (${where})\n`)
  const servicesAreReady = await showServices(platform)
  if (target === 'docker') await showVehicles(config)
  const accountBalances = await showAccount(platform)
  print(`\n${describeGuarantee(config).join('\n')}`)
  return servicesAreReady && accountBalances ? 0 : 1
}

async function showServices({ target, serviceStates }: RunningPlatform): Promise<boolean> {
  const states = await serviceStates()
  const rows = states.map(({ name, where, state }) => [
    name,
    where,
    { text: state, style: colours[state] },
  ])
  print(formatTable(['service', target === 'docker' ? 'container' : 'process', 'state'], rows))
  return states.every(({ state }) => state === 'ready')
}

/** Lists vehicle containers that have ended or restart repeatedly. */
async function showVehicles(config: PlatformConfig): Promise<void> {
  const vehicles = await vehicleContainers(config)
  if (vehicles.length === 0) return
  const notRunning = vehicles.filter(({ status }) => !status.startsWith('Up'))
  const words = notRunning.map(({ name, status }) => `${name}: ${status}`)
  print([`\n${vehicles.length} vehicle containers`, ...words.map(red)].join('\n'))
}

async function showAccount(platform: RunningPlatform): Promise<boolean> {
  const { config } = platform
  const pool = ownerPool(config, await platform.password())
  try {
    const { table } = config.postgres
    const store = new PostgresLedgerStore(pool, readingsPipeline)
    const current = await store.currentLog(config.kafka.topic)
    const topic = await rangesOfTopic(config)
    const { ranges } = topic
    const ledgers = await store.ledgers()
    print(
      `\nPipeline ${readingsPipeline}\n${ledgerTable(toAccount(ledgers, { logId: current?.id, ranges }))}`,
    )
    if (!topic.isKnown) print(red(`${topic.reason} The number of records in flight is unknown.`))
    for (const log of (await store.logs()).slice(1)) print(yellow(describeLaterLog(log)))
    const unreadable = await new UnreadableStore(pool, readingsPipeline).current(config.kafka.topic)
    for (const { partition, logId, firstOffset, reason, ...rest } of unreadable) {
      const what = `Partition ${partition} of log ${logId} cannot be read from Kafka at offset ${firstOffset}: ${reason}. Nothing after it is stored.`
      print(red(`${what} ${describeRemedy({ partition, firstOffset, ...rest })}`))
    }
    const broken = ledgers.filter((ledger) => imbalanceOf(ledger) !== 0)
    for (const ledger of broken) {
      print(
        red(
          `Partition ${ledger.partition} of log ${ledger.logId}: the ledger differs by ${imbalanceOf(ledger)} offsets.`,
        ),
      )
    }
    const { rows } = await checkRows(pool, accountedReadings(table))
    const difference = rowImbalanceOf(rows)
    const verdict = rowVerdict(difference, table)
    print(
      `\nRows: ${rows.rows} now + ${rows.rowsOfRetiredDays} deleted (by retention, or by hand and counted) = ${rows.stored} stored + ${rows.redriven} stored by redrive: ${verdict}`,
    )
    return broken.length === 0 && difference === 0 && unreadable.length === 0
  } catch (error) {
    print(red(`\nThe account cannot be read (${(error as Error).message}).`))
    return false
  } finally {
    await pool.end()
  }
}

/** Whether rows and ledgers agree; if not, the likely cause of the difference and what to do. */
function rowVerdict(difference: number, table: string): string {
  if (difference === 0) return green('balanced')
  const cause =
    difference < 0
      ? `Missing rows: ${-difference}. Rows of ${table} were deleted by hand and not counted, or readings were lost.`
      : `Surplus rows: ${difference}. Rows were inserted into ${table} by hand, or the ledgers were changed.`
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
