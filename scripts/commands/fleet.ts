import { randomInt, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import type { FleetOptions } from '../../fleet/fleet.ts'
import type { Trace } from '../../fleet/trace/parse-trace.ts'
import { addressText, ingressAddress, speaksTls } from '../../infra/topology/addresses.ts'
import type { PlatformConfig } from '../../infra/config/config.ts'
import { makeWritable } from '../../infra/local/folders.ts'
import { roadsFile } from '../../infra/local/placement.ts'
import { UserError } from '../../infra/checks/user-error.ts'
import { readTokenFile } from '../../infra/checks/token-file.ts'
import { createLogger } from '../../services/runtime/logger.ts'
import { describeTrace } from '../fleet/describe-trace.ts'
import { driveHere } from '../fleet/fleet-in-process.ts'
import type { FleetChoice } from '../fleet/fleet-options.ts'
import { inProcess, parseFleetOptions } from '../fleet/fleet-options.ts'
import { folders, root } from '../platform/paths.ts'
import { print } from '../cli/output.ts'
import { reportUserErrors } from '../cli/user-errors.ts'
import { targetOf } from '../targets/all-targets.ts'
import { docker } from '../targets/docker/index.ts'
import { local } from '../targets/local/index.ts'
import type { RunningPlatform, VehicleRunner, WantedVehicles } from '../targets/target.ts'
import { configOf, findPlatform } from '../platform/running-platform.ts'
import { userPath } from '../cli/user-paths.ts'

/**
 * `npm run fleet`: resolves to the exit code when the vehicles have stopped, or run in containers.
 */
export function run(args: readonly string[], signal: AbortSignal): Promise<number> {
  return reportUserErrors(async () => {
    const choice = parseFleetOptions(args)
    checkTokenFile(choice)
    readAuthorities(choice)
    const trace = choice.down ? undefined : await readAndDescribe(choice)
    const platform = await findPlatformFor(choice)
    const config = withNetworkName(platform?.config ?? configOf(choice), choice)
    if (choice.down) return (await runnerToTakeDown(choice, platform)).takeDown(config, choice)
    const runner = await runnerFor(choice, platform)
    if (runner) return runner.start(toWantedVehicles(choice, config, platform), signal)
    const token = await tokenFor(choice, config, platform)
    const options = {
      ...(await toFleetOptions(choice, config, platform)),
      ...(token !== undefined && { token }),
    }
    makeWritable(dirname(options.journal.folder), folders())
    return driveHere({ ...options, ...(trace && { trace }) }, signal)
  })
}

/** A wrong file is refused before an engine or a platform is asked for. */
function checkTokenFile({ tokenFile }: FleetChoice): void {
  if (tokenFile !== undefined) readTokenFile(userPath(tokenFile))
}

/** The authorities to trust for https. A wrong file is refused before anything starts. */
function readAuthorities({ caFile }: FleetChoice): { readonly ca?: string } {
  if (caFile === undefined) return {}
  const path = userPath(caFile)
  try {
    const ca = readFileSync(path, 'utf8')
    new X509Certificate(ca)
    return { ca }
  } catch (error) {
    throw new UserError(
      `--ca-file: ${path} has no certificate in PEM (${(error as Error).message}).`,
    )
  }
}

/** With `--host` or `--in process` vehicles can do without a platform here, and so without an engine. */
async function findPlatformFor(choice: FleetChoice): Promise<RunningPlatform | undefined> {
  try {
    const isForAny = choice.host === undefined && choice.in === undefined && !choice.down
    return await findPlatform(choice, { everywhere: isForAny })
  } catch (error) {
    const isNeeded = choice.host === undefined && choice.in !== inProcess
    if (isNeeded || !(error instanceof UserError)) throw error
    return undefined
  }
}

/** Reads the recorded drive and prints its length and its gaps before anything starts. */
async function readAndDescribe({ trace }: FleetChoice): Promise<Trace | undefined> {
  if (trace === undefined) return undefined
  // Loaded on demand, with the file parsers.
  const { readTrace } = await import('../../fleet/trace/read-trace.ts')
  const recorded = readTrace(userPath(trace))
  for (const line of describeTrace(recorded)) print(line)
  return recorded
}

/** If no platform is running, `--network` still says to which platform the vehicles belong. */
function withNetworkName(config: PlatformConfig, { network }: FleetChoice): PlatformConfig {
  return network === undefined
    ? config
    : { ...config, network: { ...config.network, name: network } }
}

/** What runs the vehicles in containers or pods; undefined if they run in this process. */
async function runnerFor(
  choice: FleetChoice,
  platform: RunningPlatform | undefined,
): Promise<VehicleRunner | undefined> {
  if (choice.in === inProcess) return undefined
  if (choice.in !== undefined) return targetOf(choice.in).vehicles?.()
  if (platform === undefined || choice.host !== undefined) return undefined
  const runner = await targetOf(platform.target).vehicles?.()
  return runner?.takes(choice) ? runner : undefined
}

/** Vehicles in containers may run without a platform here, or beside one that runs as processes. */
async function runnerToTakeDown(
  choice: FleetChoice,
  platform: RunningPlatform | undefined,
): Promise<VehicleRunner> {
  const named = [choice.in, choice.target, platform?.target].flatMap((name) =>
    name === undefined || name === inProcess ? [] : (targetOf(name).vehicles ?? []),
  )
  const [load = docker.vehicles] = named
  if (load === undefined) throw new Error('there are no containers')
  return load()
}

function toWantedVehicles(
  choice: FleetChoice,
  config: PlatformConfig,
  platform: RunningPlatform | undefined,
): WantedVehicles {
  const pathOf = (file: string | undefined) => (file === undefined ? undefined : userPath(file))
  return {
    config: withOptions(choice, config),
    choice,
    platform,
    seed: choice.seed ?? randomInt(2 ** 32),
    numVehicles: numberOfVehicles(choice, config),
    vehiclesPerContainer: choice.vehiclesPerContainer,
    host: choice.host,
    trace: pathOf(choice.trace),
    caFile: pathOf(choice.caFile),
    tokenFile: pathOf(choice.tokenFile),
    token: () => tokenFor(choice, config, platform),
    verbose: choice.verbose,
  }
}

function withOptions(choice: FleetChoice, config: PlatformConfig): PlatformConfig {
  const { reportInterval, tokenFile } = choice
  return {
    ...config,
    fleet: {
      ...config.fleet,
      ...(reportInterval !== undefined && { reportIntervalSeconds: reportInterval }),
    },
    ingress: { ...config.ingress, ...(tokenFile !== undefined && { tokenFile }) },
  }
}

/** Options of the command line have priority over the configuration. */
async function toFleetOptions(
  choice: FleetChoice,
  config: PlatformConfig,
  platform: RunningPlatform | undefined,
): Promise<FleetOptions> {
  const { verbose } = choice
  const { fleet, ingress } = config
  const seed = choice.seed ?? randomInt(2 ** 32)
  const ownFolder = join(folders().data, 'vehicles', String(seed))
  return {
    host: choice.host ?? (await hostOnThisMachine(config, platform)),
    path: ingress.path,
    firstVehicle: 0,
    numVehicles: numberOfVehicles(choice, config),
    reportIntervalSeconds: choice.reportInterval ?? fleet.reportIntervalSeconds,
    seed,
    origin: fleet.origin,
    journal: { folder: join(ownFolder, 'journal'), megabytes: fleet.journalMegabytes },
    refusedFile: join(ownFolder, 'refused.ndjson'),
    logger: createLogger('fleet', verbose ? 'debug' : 'silent'),
    // The dashboard draws the roads of the fleet that was started last.
    ...(platform?.target === local.name &&
      choice.host === undefined && { roadsFile: roadsFile(folders()) }),
    ...readAuthorities(choice),
  }
}

/** The platform that runs as processes accepts plain requests of this machine. HAProxy does not. */
async function hostOnThisMachine(
  config: PlatformConfig,
  platform: RunningPlatform | undefined,
): Promise<string> {
  if (platform?.target === docker.name && speaksTls(config))
    throw new UserError(
      'The ingress on Docker requires TLS. Give an address that its certificate names with --host https://HOST:PORT, or leave out --in process.',
    )
  return addressText(await (platform?.ingress() ?? ingressAddress(config)))
}

/** A recorded drive is replayed by one vehicle unless `--num-vehicles` says otherwise. */
function numberOfVehicles({ numVehicles, trace }: FleetChoice, { fleet }: PlatformConfig): number {
  return numVehicles ?? (trace === undefined ? Math.max(1, fleet.numVehicles) : 1)
}

/**
 * The token from the file of the command line, else from that of the configuration, else that of the platform. The
 * token of the platform is not sent to another address.
 */
async function tokenFor(
  { tokenFile, host }: FleetChoice,
  { ingress }: PlatformConfig,
  platform: RunningPlatform | undefined,
): Promise<string | undefined> {
  if (tokenFile !== undefined) return readTokenFile(userPath(tokenFile))
  if (ingress.tokenFile !== '') return readTokenFile(resolve(root, ingress.tokenFile))
  return host === undefined ? await platform?.platformToken() : undefined
}
