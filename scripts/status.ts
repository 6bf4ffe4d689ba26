import { styleText } from 'node:util'
import type { PlatformConfig } from '../infra/config.ts'
import { guaranteeInWords } from '../infra/guarantee.ts'
import type { Folders } from '../infra/local/folders.ts'
import { localPlacement } from '../infra/local/placement.ts'
import { isReady } from '../infra/local/readiness.ts'
import type { RunRecord } from '../infra/local/run-record.ts'
import { runningPlatform } from '../infra/local/run-record.ts'
import type { ServicePlan } from '../infra/service-plan.ts'
import { servicesOf, topologyOf } from '../infra/topology.ts'
import { createKafka } from '../services/adapters/kafka/client.ts'
import { TopicAdmin } from '../services/adapters/kafka/topic-admin.ts'
import { countRows } from '../services/adapters/postgres/account-store.ts'
import type { PlacedLedger } from '../services/adapters/postgres/ledger-store.ts'
import { PostgresLedgerStore } from '../services/adapters/postgres/ledger-store.ts'
import { createLog } from '../services/runtime/log.ts'
import type { LogRange } from '../services/telemetry/ledger.ts'
import { imbalanceOf, rowImbalanceOf } from '../services/telemetry/ledger.ts'
import { eventsAddress, folders, laterLogInWords, ownerPool, probesFor } from './local-access.ts'
import { inColumns } from './table.ts'

/** `npm run status`: what runs, how far it is, whether the account balances. Exit code 1 when not. */
export async function run(): Promise<number> {
  const at = folders()
  const running = runningPlatform(at.state)
  if (!running) {
    say('The platform does not run: npm start starts it.')
    return 1
  }
  const { config } = running
  say(`${eventsAddress(config)}\n`)
  const servicesAreWell = await showServices(running, at)
  const accountIsWell = await showAccount(config, at)
  say(`\n${guaranteeInWords(config).join('\n')}`)
  return servicesAreWell && accountIsWell ? 0 : 1
}

async function showServices(running: RunRecord, at: Folders): Promise<boolean> {
  const { config, fleetSeed, processes } = running
  const topology = topologyOf(config, localPlacement(config, at), fleetSeed)
  const plans = servicesOf(topology).filter(({ ready }) => ready.kind !== 'exit')
  const probes = probesFor(config, at)
  const stateOf = async ({ name, ready }: ServicePlan): Promise<string> => {
    const isThere = processes.some((process) => process.name === name)
    if (!isThere) return red('down')
    return (await isReady(ready, probes)) ? green('ready') : red('not ready')
  }
  const states = await Promise.all(plans.map(stateOf))
  const pidOf = (plan: ServicePlan): string =>
    String(processes.find(({ name }) => name === plan.name)?.pid ?? '')
  const rows = plans.map((plan, index) => [plan.name, pidOf(plan), states[index] ?? ''])
  say(inColumns(['service', 'process', 'state'], rows))
  return states.every((state) => state === green('ready'))
}

async function showAccount(config: PlatformConfig, at: Folders): Promise<boolean> {
  const pool = ownerPool(config, at)
  try {
    const { table } = config.postgres
    const store = new PostgresLedgerStore(pool, table)
    const current = await store.currentLog(config.kafka.topic)
    const ranges = await rangesOf(config)
    const ledgers = await store.ledgers()
    say(`\n${ledgerTable(ledgers, ranges, current?.id)}`)
    for (const log of (await store.logs()).slice(1)) say(yellow(laterLogInWords(log)))
    const broken = ledgers.filter((ledger) => imbalanceOf(ledger) !== 0)
    for (const ledger of broken) {
      say(red(`The ledger ${ledger.log}-${ledger.partition} is off by ${imbalanceOf(ledger)}.`))
    }
    const rows = await countRows(pool, table)
    const off = rowImbalanceOf(rows)
    const verdict = off === 0 ? green('balanced') : red(`off by ${off}`)
    say(
      `\n${rows.rows} rows + ${rows.rowsOfRetiredDays} of retired days = ${rows.stored} stored + ${rows.redriven} redriven: ${verdict}`,
    )
    return broken.length === 0 && off === 0
  } catch (error) {
    say(red(`\nThe account cannot be read: ${(error as Error).message}`))
    return false
  } finally {
    await pool.end()
  }
}

/** The log's ranges, or none where Kafka does not answer. */
async function rangesOf({ kafka }: PlatformConfig): Promise<LogRange[]> {
  const ports = Array.from({ length: kafka.instances }, (_, instance) => kafka.hostPort + instance)
  const settings = { brokers: ports.map((port) => `127.0.0.1:${port}`), topic: kafka.topic }
  const client = createKafka(settings, 'av-telemetry-status', createLog('status', 'silent'))
  await using admin = new TopicAdmin(client, kafka.topic)
  try {
    return await admin.ranges()
  } catch {
    return []
  }
}

function ledgerTable(
  ledgers: readonly PlacedLedger[],
  ranges: readonly LogRange[],
  currentLog: number | undefined,
): string {
  const head = [
    'log',
    'partition',
    'settled',
    'stored',
    'duplicate',
    'dead',
    'expired',
    'in flight',
  ]
  const rows = ledgers.map((ledger) => {
    const high = ledger.log === currentLog ? ranges[ledger.partition]?.high : undefined
    const inFlight = high === undefined ? '' : String(high - ledger.nextOffset)
    const settled = ledger.nextOffset - ledger.startOffset
    const { log, partition, stored, duplicate, deadLettered, expired } = ledger
    const counts = [log, partition, settled, stored, duplicate, deadLettered, expired]
    return [...counts.map(String), inFlight]
  })
  const total = (column: number): string =>
    String(rows.reduce((sum, row) => sum + Number(row[column] ?? 0), 0))
  const totals = ['', 'all', ...[2, 3, 4, 5, 6, 7].map(total)]
  return inColumns(head, [...rows, totals])
}

const red = (text: string): string => styleText('red', text)
const yellow = (text: string): string => styleText('yellow', text)
const green = (text: string): string => styleText('green', text)

function say(text: string): void {
  process.stdout.write(`${text}\n`)
}
