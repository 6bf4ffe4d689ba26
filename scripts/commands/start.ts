import { randomInt } from 'node:crypto'
import { Command } from 'commander'
import { Listr, PRESET_TIMER } from 'listr2'
import type { PlatformConfig } from '../../infra/config/config.ts'
import { loadConfig } from '../../infra/config/config.ts'
import { writeEventsAddress } from '../../infra/config/published-address.ts'
import { dashboardAddress, eventsAddress } from '../../infra/topology/addresses.ts'
import {
  accessWarnings,
  describeDashboardAccess,
  describeIngressAccess,
  describeWorkerAccess,
} from '../../infra/config/access.ts'
import { claimFolders, makeFolders, removeData } from '../../infra/local/folders.ts'
import { endLeftovers } from '../../infra/local/leftovers.ts'
import { describeAuthority } from '../../infra/local/certificate/own-certificate.ts'
import { LocalPlatform } from '../../infra/local/platform.ts'
import { findPortFaults } from '../../infra/checks/free-ports.ts'
import { hasOwnKafka } from '../../infra/topology/external/kafka.ts'
import { usesExternalPostgres } from '../../infra/topology/external/postgres.ts'
import { hostPortsOf } from '../../infra/topology/host-ports.ts'
import { checkUserFiles } from '../../infra/checks/user-files.ts'
import { UserError } from '../../infra/checks/user-error.ts'
import { readRunRecord, releaseState } from '../../infra/local/run-record.ts'
import { stateFaults } from '../../infra/local/state-faults.ts'
import type { ServicePlan } from '../../infra/topology/service-plan.ts'
import { whenAborted } from '../../services/runtime/abort.ts'
import { machineAddresses } from '../../services/runtime/process/network/machine-addresses.ts'
import { sleep } from '../../services/runtime/retry.ts'
import type { LogStart } from '../../services/adapters/postgres/ledger/ledger-store.ts'
import { PostgresLedgerStore } from '../../services/adapters/postgres/ledger/ledger-store.ts'
import { readingsPipeline } from '../../services/telemetry/pipeline.ts'
import { folders, javaProgram, masterConfig, root } from '../platform/paths.ts'
import { startedLine } from '../platform/running-platform.ts'
import { localPassword, ownerPool, psqlLine } from '../platform/database.ts'
import { guaranteeOf } from '../status/guarantee.ts'
import { localKafkaOf } from '../platform/kafka-queries.ts'
import { requireKafka } from '../platform/external/require-kafka.ts'
import { describeLaterLog } from '../platform/describe-log.ts'
import { probesFor } from '../platform/probes.ts'
import { reportUserErrors } from '../cli/user-errors.ts'
import { parseArguments } from '../cli/parse-arguments.ts'
import { print } from '../cli/output.ts'
import { userPath } from '../cli/user-paths.ts'

type Options = { readonly config: string; readonly set: string[]; readonly fresh: boolean }

function commandLine(): Command {
  return new Command('npm start --')
    .description(
      'Starts the platform and its simulated fleet on this machine. Ctrl-C stops everything.',
    )
    .option('-c, --config <file>', 'configuration file', masterConfig)
    .option('--set <key=value...>', 'set a key of the configuration, e.g. kafka.partitions=12', [])
    .option('--fresh', 'start empty: delete all readings, the topic and all other data', false)
}

/** Whether Java and Kafka's jars are needed. False after an error, because `run` reports it. */
export function startsKafka(args: readonly string[]): boolean {
  const nothing = { writeOut: () => undefined, writeErr: () => undefined }
  try {
    const command = parseArguments(commandLine().configureOutput(nothing), args)
    const { config, set } = command.opts<Options>()
    return hasOwnKafka(loadConfig(userPath(config), set))
  } catch {
    return false
  }
}

/** `npm start`: resolves to the exit code once everything has stopped again. */
export function run(args: readonly string[], signal: AbortSignal): Promise<number> {
  return reportUserErrors(() => {
    const options = parseArguments(commandLine(), args).opts<Options>()
    const config = loadConfig(userPath(options.config), options.set)
    checkUserFiles(config, root)
    return start(config, options, signal)
  })
}

async function start(
  config: PlatformConfig,
  { fresh }: Options,
  signal: AbortSignal,
): Promise<number> {
  const at = folders()
  const holder = claimFolders(at)
  if (holder !== undefined) {
    throw new UserError(
      `The platform of this clone is already running (process ${holder}). See npm run status. Stop it with Ctrl-C in its terminal, or with kill ${holder}.`,
    )
  }
  try {
    await cleanUp(at.state)
    const faults = [
      ...freshFaults(config, fresh),
      ...stateFaults(config, at, { startsEmpty: fresh }),
      ...(await findPortFaults(hostPortsOf(config, 'processes'))).map(({ sentence }) => sentence),
    ]
    if (faults.length > 0) throw new UserError(faults.join('\n'))
    await requireKafka(config)
    if (fresh) removeData(at)
    makeFolders(at)
    const platform = new LocalPlatform({
      config,
      folders: at,
      fleetSeed: randomInt(2 ** 31),
      java: javaProgram(),
      probes: probesFor(config, at),
    })
    return await runPlatform(platform, config, signal)
  } finally {
    releaseState(at.state)
  }
}

/** A server of the user is not emptied: it may have other data, and its rows could not be brought back. */
function freshFaults(config: PlatformConfig, fresh: boolean): string[] {
  if (!fresh) return []
  const only = '--fresh deletes only data in the state folder, but'
  const ofPostgres = `${only} postgres.external.host names a server of yours. Make an empty database there and set postgres.external.database, or start without --fresh.`
  const ofKafka = `${only} kafka.external.brokers names a Kafka of yours. All readings of its topic would be stored again. Set kafka.topic to a new topic, or start without --fresh.`
  return [
    ...(usesExternalPostgres(config) ? [ofPostgres] : []),
    ...(hasOwnKafka(config) ? [] : [ofKafka]),
  ]
}

async function cleanUp(state: string): Promise<void> {
  const record = readRunRecord(state)
  if (!record) return
  const ended = await endLeftovers(record)
  if (ended.length > 0)
    print(`The last start was killed. Stopped the processes that it had left: ${ended.join(', ')}.`)
}

async function runPlatform(
  platform: LocalPlatform,
  config: PlatformConfig,
  signal: AbortSignal,
): Promise<number> {
  try {
    const since = new Date()
    await startStages(platform, signal)
    const guarantee = await guaranteeOf(config, {
      kafka: () => Promise.resolve(localKafkaOf(config, folders())),
      pool: () => Promise.resolve(ownerPool(config, localPassword(folders()))),
    })
    announce(config, platform, guarantee)
    for (const log of await laterLogs(config, since)) print(`${describeLaterLog(log)}\n`)
    await whenAborted(signal)
  } catch (error) {
    // Ctrl-C may end the processes that we wait for before the signal reaches this process.
    await sleep(100, signal)
    if (!isAborted(signal)) {
      await platform.stop()
      throw error
    }
  }
  print('Stopping ...')
  await platform.stop((roles) => {
    print(`  ${roles.join(', ')}`)
  })
  print('Stopped. The readings are kept. The next npm start continues with them.')
  return 0
}

/** The logs that began in this start although there was one before; the user should know. */
async function laterLogs(config: PlatformConfig, since: Date): Promise<LogStart[]> {
  const pool = ownerPool(config, localPassword(folders()))
  try {
    const logs = await new PostgresLedgerStore(pool, readingsPipeline).logs(config.kafka.topic)
    return logs.slice(1).filter(({ beganAt }) => beganAt >= since)
  } finally {
    await pool.end()
  }
}

/** Shows progress by stages: animated on a terminal, plain lines elsewhere. */
async function startStages(platform: LocalPlatform, signal: AbortSignal): Promise<void> {
  const stages = platform.stages.map((stage) => ({
    title: namesOf(stage),
    task: () => platform.startStage(stage, signal),
  }))
  const tasks = [{ title: 'prepare', task: () => platform.prepare() }, ...stages]
  await new Listr(tasks, {
    registerSignalListeners: false,
    renderer: 'default',
    fallbackRenderer: 'simple',
    rendererOptions: { timer: PRESET_TIMER, showErrorMessage: false },
    fallbackRendererOptions: { timer: PRESET_TIMER },
  }).run()
}

/** `postgres, zookeeper` or `consumer × 2, producer, ingress`. */
function namesOf(stage: readonly ServicePlan[]): string {
  const roles = [...new Set(stage.map(({ role }) => role))]
  const titles = roles.map((role) => {
    const count = stage.filter((plan) => plan.role === role).length
    return count === 1 ? role : `${role} × ${count}`
  })
  return titles.join(', ')
}

function announce(
  config: PlatformConfig,
  platform: LocalPlatform,
  [promise = '', ...limits]: readonly string[],
): void {
  const at = folders()
  const fault = writeEventsAddress(config, 'processes')
  if (fault !== undefined) print(fault)
  const seed = platform.stages.flat().find(({ role }) => role === 'fleet')?.env['FLEET_SEED']
  const vehicles = seed === undefined ? 'none' : `${config.fleet.numVehicles}, seed ${seed}`
  const table = `select count(*) from ${config.postgres.table}`
  const machine = machineAddresses()
  const continued = (sentence: string): string => `             ${sentence}`
  print(
    [
      '',
      startedLine,
      '',
      `  events     ${eventsAddress(config)}`,
      ...describeIngressAccess(config, machine).map(continued),
      ...describeOwnAuthority(config, at.state).map(continued),
      `  dashboard  ${dashboardAddress(config) ?? 'none'}`,
      ...describeDashboardAccess(config, machine).map(continued),
      ...describeDevicesPage(config),
      `  database   ${psqlLine(config, at)}`,
      `             npm run sql -- "${table}"`,
      ...describeWorkerAccess(config).map(continued),
      `  logs       ${at.logs}`,
      `  vehicles   ${vehicles}; add more: npm run fleet -- --num-vehicles 50`,
      `  status     npm run status`,
      `  guarantee  ${promise}`,
      ...limits.map(continued),
      `  stop       Ctrl-C`,
      '',
      ...accessWarnings(config).map((warning) => `${warning}\n`),
    ].join('\n'),
  )
}

function describeDevicesPage(config: PlatformConfig): string[] {
  const address = dashboardAddress(config)
  return address === undefined
    ? []
    : [`  devices    ${address}#/devices to connect phones and trackers`]
}

/** How clients can trust a certificate that the platform has made. */
function describeOwnAuthority({ ingress }: PlatformConfig, state: string): string[] {
  if (!ingress.tls.selfSigned) return []
  const { file, fingerprint } = describeAuthority(state)
  return [
    `Clients must trust the certificate authority in ${file}.`,
    `Its SHA-256 fingerprint is ${fingerprint}.`,
  ]
}

const isAborted = (signal: AbortSignal): boolean => signal.aborted
