import { randomInt } from 'node:crypto'
import { accessSync, constants } from 'node:fs'
import { join, resolve } from 'node:path'
import type { FleetOptions } from '../../fleet/fleet.ts'
import { addressText, ingressAddress } from '../../infra/topology/addresses.ts'
import type { PlatformConfig } from '../../infra/config/config.ts'
import { loadConfig } from '../../infra/config/config.ts'
import { askEngine } from '../../infra/docker/engine/engine.ts'
import { roadsFile } from '../../infra/local/placement.ts'
import { UserError } from '../../infra/checks/user-error.ts'
import { readTokenFile } from '../../infra/checks/token-file.ts'
import { createLogger } from '../../services/runtime/logger.ts'
import type { ContainerFleet } from '../fleet/fleet-in-containers.ts'
import { driveInContainers, takeDown } from '../fleet/fleet-in-containers.ts'
import { driveHere } from '../fleet/fleet-in-process.ts'
import type { FleetChoice } from '../fleet/fleet-options.ts'
import { parseFleetOptions } from '../fleet/fleet-options.ts'
import { folders, masterConfig, root } from '../platform/paths.ts'
import { reportUserErrors } from '../cli/user-errors.ts'
import type { RunningPlatform } from '../platform/running-platform.ts'
import { findPlatform } from '../platform/running-platform.ts'
import { userPath } from '../cli/user-paths.ts'

/** `npm run fleet`: resolves to the exit code once the vehicles have stopped, or run in containers. */
export function run(args: readonly string[], signal: AbortSignal): Promise<number> {
  return reportUserErrors(async () => {
    const choice = parseFleetOptions(args)
    const platform = await findPlatform(choice)
    const config = withChosenName(platform?.config ?? loadConfig(masterConfig), choice)
    if (choice.down) {
      await askEngine()
      return takeDown(config)
    }
    return isForContainers(choice, platform)
      ? driveInContainers(await toContainerFleet(choice, config, platform), signal)
      : driveHere(toFleetOptions(choice, config, platform), signal)
  })
}

/** Without a platform in sight, `--network` still says whose vehicles are meant. */
function withChosenName(config: PlatformConfig, { network }: FleetChoice): PlatformConfig {
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
  // The platform's own token lies in a volume of this engine.
  const isWithPlatform = host === undefined && choice.tokenFile === undefined
  return {
    config: overConfig(choice, config),
    seed: choice.seed ?? randomInt(2 ** 32),
    numVehicles: numberOfVehicles(choice, config),
    vehiclesPerContainer: choice.vehiclesPerContainer,
    host,
    trace: trace === undefined ? undefined : readable(userPath(trace)),
    token: isWithPlatform ? undefined : readToken(choice.tokenFile, config.ingress.tokenFile),
    verbose: choice.verbose,
  }
}

/** Undefined where the platform is on the same engine. */
function hostForContainers(
  { host }: FleetChoice,
  platform: RunningPlatform | undefined,
): string | undefined {
  if (host !== undefined || platform?.target === 'docker') return host
  if (platform) return addressText(ingressAddress(platform.config))
  throw new UserError(
    'The platform does not run: pulumi up or npm start starts it, or say where it is by --host HOST:PORT.',
  )
}

function overConfig(choice: FleetChoice, config: PlatformConfig): PlatformConfig {
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

/** What the command line says, else what the configuration says. */
function toFleetOptions(
  choice: FleetChoice,
  config: PlatformConfig,
  platform: RunningPlatform | undefined,
): FleetOptions {
  const { trace, verbose } = choice
  const { fleet, ingress } = config
  const token = readToken(choice.tokenFile, ingress.tokenFile)
  const seed = choice.seed ?? randomInt(2 ** 32)
  const ownFolder = join(folders().data, 'vehicles', String(seed))
  return {
    host: choice.host ?? addressText(ingressAddress(config)),
    path: ingress.path,
    firstVehicle: 0,
    numVehicles: numberOfVehicles(choice, config),
    reportIntervalSeconds: choice.reportInterval ?? fleet.reportIntervalSeconds,
    seed,
    origin: fleet.origin,
    journal: { folder: join(ownFolder, 'journal'), megabytes: fleet.journalMegabytes },
    refusedFile: join(ownFolder, 'refused.ndjson'),
    logger: createLogger('fleet', verbose ? 'debug' : 'silent'),
    // The dashboard draws the roads of the fleet that has started last.
    ...(platform?.target === 'local' &&
      choice.host === undefined && { roadsFile: roadsFile(folders()) }),
    ...(trace !== undefined && { trace: userPath(trace) }),
    ...(token !== undefined && { token }),
  }
}

/** A recorded drive is one vehicle's, unless somebody wants it more often. */
function numberOfVehicles({ numVehicles, trace }: FleetChoice, { fleet }: PlatformConfig): number {
  return numVehicles ?? (trace === undefined ? Math.max(1, fleet.numVehicles) : 1)
}

function readable(file: string): string {
  try {
    accessSync(file, constants.R_OK)
    return file
  } catch (error) {
    throw new UserError(`${file} cannot be read (${(error as Error).message}).`)
  }
}

/** From the file on the command line, else from the one of the configuration, else none. */
function readToken(given: string | undefined, configured: string): string | undefined {
  if (given !== undefined) return readTokenFile(userPath(given))
  return configured === '' ? undefined : readTokenFile(resolve(root, configured))
}
