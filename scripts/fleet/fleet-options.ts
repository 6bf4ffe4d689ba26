import { Command, InvalidArgumentError, Option } from 'commander'
import { parseDecimal, parseWhole } from '../../services/runtime/parse-number.ts'
import { isIngressAddress } from '../../fleet/address.ts'
import { parseArguments } from '../cli/parse-arguments.ts'
import type { PlatformChoice } from '../targets/target.ts'
import { withChoice } from '../platform/running-platform.ts'
import { targets } from '../targets/all-targets.ts'

/** The value of `--in` for vehicles in the process of the command. */
export const inProcess = 'process'

/** The options of `npm run fleet`. */
export type FleetChoice = PlatformChoice & {
  readonly numVehicles?: number
  readonly host?: string
  /** The name of a target, or `process` for this process. */
  readonly in?: string
  readonly vehiclesPerContainer: number
  readonly down: boolean
  readonly reportInterval?: number
  readonly seed?: number
  readonly trace?: string
  readonly tokenFile?: string
  readonly caFile?: string
  readonly verbose: boolean
}

export function parseFleetOptions(args: readonly string[]): FleetChoice {
  const command = new Command('npm run fleet --')
    .description(
      'Adds simulated vehicles to a running platform, on this machine or another. If the platform runs on Docker or Kubernetes, each vehicle is a container or pod. Otherwise all run in this process until Ctrl-C.',
    )
    .option('-n, --num-vehicles <count>', 'number of vehicles to add', numberFrom(1, 20_000, true))
    .option(
      '--host <host:port>',
      'address of the platform; https://HOST:PORT for TLS',
      ingressAddress,
    )
    .addOption(
      new Option(
        '--in <place>',
        'where the vehicles run: containers, pods or this process',
      ).choices([...targets.flatMap(({ name, vehicles }) => (vehicles ? [name] : [])), inProcess]),
    )
    .option(
      '--vehicles-per-container <count>',
      'vehicles in one container or pod',
      numberFrom(1, 20_000, true),
      1,
    )
    .option('--down', 'remove all vehicle containers or pods', false)
    .option(
      '--report-interval <seconds>',
      'seconds between two readings of a vehicle',
      numberFrom(0.05, 3600),
    )
    .option(
      '--seed <number>',
      'the same seed gives the same vehicles and drives',
      numberFrom(0, 2 ** 32 - 1, true),
    )
    .option('--trace <file>', 'replay a recorded drive, CSV or GPX, with its times shifted to now')
    .option(
      '--token-file <file>',
      'file with a token that can report as any vehicle (default: the file of ingress.tokenFile)',
    )
    .option(
      '--ca-file <file>',
      'file with the authorities to trust for https, instead of those that Node.js knows',
    )
    .option('-v, --verbose', 'log every event', false)
    .allowExcessArguments(false)
  return parseArguments(withChoice(command), args).opts<FleetChoice>()
}

function numberFrom(minimum: number, maximum: number, whole = false): (text: string) => number {
  return (text) => {
    const value = whole ? parseWhole(text) : parseDecimal(text)
    if (value >= minimum && value <= maximum) return value
    const kind = whole ? 'a whole number' : 'a number'
    throw new InvalidArgumentError(`Expected ${kind} from ${minimum} to ${maximum}.`)
  }
}

function ingressAddress(text: string): string {
  if (isIngressAddress(text)) return text
  throw new InvalidArgumentError(
    'Expected HOST:PORT or https://HOST:PORT, e.g. 192.168.1.10:5001 or [::1]:5001.',
  )
}
