import { randomInt, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import type { FleetOptions } from '../../fleet/fleet.ts'
import type { Trace } from '../../fleet/trace/parse-trace.ts'
import { addressText, ingressAddress, speaksTls } from '../../infra/topology/addresses.ts'
import type { PlatformConfig } from '../../infra/config/config.ts'
import { askEngine } from '../../infra/docker/engine/engine.ts'
import { makeWritable } from '../../infra/local/folders.ts'
import { roadsFile } from '../../infra/local/placement.ts'
import { UserError } from '../../infra/checks/user-error.ts'
import { readTokenFile } from '../../infra/checks/token-file.ts'
import { createLogger } from '../../services/runtime/logger.ts'
import { describeTrace } from '../fleet/describe-trace.ts'
import type { ContainerFleet } from '../fleet/fleet-in-containers.ts'
import { driveInContainers, takeDown } from '../fleet/fleet-in-containers.ts'
import { driveHere } from '../fleet/fleet-in-process.ts'
import type { FleetChoice } from '../fleet/fleet-options.ts'
import { parseFleetOptions } from '../fleet/fleet-options.ts'
import { folders, root } from '../platform/paths.ts'
import { print } from '../cli/output.ts'
import { reportUserErrors } from '../cli/user-errors.ts'
import type { RunningPlatform } from '../platform/running-platform.ts'
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
    if (choice.down) {
      await askEngine()
      return takeDown(config)
    }
    if (isForContainers(choice, platform)) {
      return driveInContainers(await toContainerFleet(choice, config, platform), signal)
    }
    const token = await tokenFor(choice, config, platform)
    const options = {
      ...toFleetOptions(choice, config, platform),
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
    return await findPlatform(choice)
  } catch (error) {
    const isNeeded = choice.host === undefined && choice.in !== 'process'
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

function isForContainers(choice: FleetChoice, platform: RunningPlatform | undefined): boolean {
  if (choice.in !== undefined) return choice.in === 'docker'
  return platform?.target === 'docker' && choice.host === undefined
}

async function toContainerFleet(
  choice: FleetChoice,
  config: PlatformConfig,
  platform: RunningPlatform | undefined,
): Promise<ContainerFleet> {
  await askEngine()
  const host = hostForContainers(choice, platform)
  const { trace } = choice
  // The platform's token is in a volume of this engine.
  const isWithPlatform = host === undefined && choice.tokenFile === undefined
  return {
    config: withOptions(choice, config),
    seed: choice.seed ?? randomInt(2 ** 32),
    numVehicles: numberOfVehicles(choice, config),
    vehiclesPerContainer: choice.vehiclesPerContainer,
    host,
    trace: trace === undefined ? undefined : userPath(trace),
    caFile: choice.caFile === undefined ? undefined : userPath(choice.caFile),
    token: isWithPlatform ? undefined : await tokenFor(choice, config, platform),
    verbose: choice.verbose,
  }
}

/** Undefined if the platform runs on the same engine. */
function hostForContainers(
  { host }: FleetChoice,
  platform: RunningPlatform | undefined,
): string | undefined {
  if (host !== undefined || platform?.target === 'docker') return host
  if (platform) return addressText(ingressAddress(platform.config))
  throw new UserError(
    'No platform is running. Start one with npm start or pulumi up, or give its address with --host HOST:PORT or --host https://HOST:PORT.',
  )
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
function toFleetOptions(
  choice: FleetChoice,
  config: PlatformConfig,
  platform: RunningPlatform | undefined,
): FleetOptions {
  const { verbose } = choice
  const { fleet, ingress } = config
  const seed = choice.seed ?? randomInt(2 ** 32)
  const ownFolder = join(folders().data, 'vehicles', String(seed))
  return {
    host: choice.host ?? hostOnThisMachine(config, platform),
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
    ...(platform?.target === 'local' &&
      choice.host === undefined && { roadsFile: roadsFile(folders()) }),
    ...readAuthorities(choice),
  }
}

/** The platform that runs as processes accepts plain requests of this machine. HAProxy does not. */
function hostOnThisMachine(config: PlatformConfig, platform: RunningPlatform | undefined): string {
  if (platform?.target === 'docker' && speaksTls(config))
    throw new UserError(
      'The ingress on Docker requires TLS. Give an address that its certificate names with --host https://HOST:PORT, or leave out --in process.',
    )
  return addressText(ingressAddress(config))
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
  return host === undefined ? await platform?.gatewayToken() : undefined
}
