import { Command, InvalidArgumentError } from 'commander'
import {
  isAlias,
  isDeviceName,
  maxAliasCharacters,
  maxAliases,
  maxNameCharacters,
} from '../../services/telemetry/devices/device.ts'
import { vinField } from '../../services/telemetry/reading/fields.ts'
import { parseArguments } from '../cli/parse-arguments.ts'
import type { PlatformChoice } from '../targets/target.ts'
import { withChoice } from '../platform/running-platform.ts'

/** The parsed arguments of `npm run devices`. */
export type DevicesRequest = (
  | { readonly kind: 'list' }
  | {
      readonly kind: 'add'
      readonly vin: string | undefined
      readonly name: string | undefined
      readonly aliases: readonly string[]
    }
  | { readonly kind: 'show'; readonly id: string }
  | { readonly kind: 'rotate' | 'revoke' | 'remove'; readonly id: string }
  | { readonly kind: 'rename'; readonly id: string; readonly name: string }
  | { readonly kind: 'add-alias' | 'remove-alias'; readonly id: string; readonly alias: string }
) & { readonly choice: PlatformChoice; readonly json: boolean }

type Options = PlatformChoice & { readonly json?: boolean }
type AddOptions = Options & {
  readonly vin?: string
  readonly name?: string
  readonly alias: readonly string[]
}
type SetRequest = (request: DevicesRequest) => void

const byId = {
  show: 'Show a device. Its token is not stored, so it cannot be shown.',
  rotate: 'Make a new token and show it once. The old one is refused within two seconds.',
  revoke: 'Refuse the token of a device. rotate makes a new one.',
  remove: 'Remove a device from the list. Its readings stay. Its vehicle then has no device.',
} as const

/** @throws CommanderError after the message about a wrong argument was written */
export function parseDevicesRequest(args: readonly string[]): DevicesRequest {
  const command = new Command('npm run devices --').description(
    'Adds, lists and changes devices: which phone or tracker may report as which vehicle.',
  )
  let request: DevicesRequest | undefined
  const setRequest: SetRequest = (parsed) => {
    request = parsed
  }
  addListAndAdd(command, setRequest)
  addAdmit(command, setRequest)
  for (const kind of ['show', 'rotate', 'revoke', 'remove'] as const)
    withJson(command.command(kind).description(byId[kind]))
      .argument('<vin>', 'its vin, or one of its aliases')
      .action((id: string, options: Options) => {
        setRequest({ kind, id, ...toCommon(options) })
      })
  withJson(command.command('rename').description('Change the name of a device.'))
    .argument('<vin>', 'its vin, or one of its aliases')
    .argument('<name>', 'the new name', toName)
    .action((id: string, name: string, options: Options) => {
      setRequest({ kind: 'rename', id, name, ...toCommon(options) })
    })
  addAliasCommands(command, setRequest)
  parseArguments(command, args)
  if (request === undefined) throw new Error('the subcommand did not set a request')
  return request
}

function addListAndAdd(parent: Command, setRequest: SetRequest): void {
  withJson(
    parent.command('list').description('List the devices, and the vehicles that want to join.'),
  ).action((options: Options) => {
    setRequest({ kind: 'list', ...toCommon(options) })
  })
  withJson(parent.command('add').description('Add a device and show its token once.'))
    .option('--name <name>', 'what people call the vehicle (default: its vin)', toName)
    .option('--vin <vin>', 'the id of its vehicle (default: made from the name)', toVin)
    .option(
      '--alias <id>',
      'another id that the app sends; can be repeated',
      (text: string, before: readonly string[]) => [...before, toAlias(text, before)],
      [],
    )
    .action(({ vin, name, alias: aliases, ...options }: AddOptions) => {
      setRequest({ kind: 'add', vin, name, aliases, ...toCommon(options) })
    })
}

/** Adds a device whose vin or alias is an id that wants to join. */
function addAdmit(parent: Command, setRequest: SetRequest): void {
  withJson(
    parent
      .command('admit')
      .description('Add a device for a vehicle that wants to join, and show its token once.'),
  )
    .argument('<id>', 'the id in the list', (text: string) => toAlias(text, []))
    .option('--name <name>', 'what people call the vehicle (default: the id)', toName)
    .action((id: string, { name = id, ...options }: Options & { readonly name?: string }) => {
      const isVin = vinField.pattern.test(id)
      const ids = { vin: isVin ? id : undefined, aliases: isVin ? [] : [id] }
      setRequest({ kind: 'add', name, ...ids, ...toCommon(options) })
    })
}

const ofAliases = {
  'add-alias': 'Add an alias to a device: another id that the app sends.',
  'remove-alias': 'Remove an alias of a device. Its readings stay under the vin.',
} as const

function addAliasCommands(parent: Command, setRequest: SetRequest): void {
  for (const kind of ['add-alias', 'remove-alias'] as const)
    withJson(parent.command(kind).description(ofAliases[kind]))
      .argument('<vin>', 'its vin, or one of its aliases')
      .argument('<alias>', 'the alias', (text: string) => toAlias(text, []))
      .action((id: string, alias: string, options: Options) => {
        setRequest({ kind, id, alias, ...toCommon(options) })
      })
}

function withJson(command: Command): Command {
  return withChoice(command).option('--json', 'print JSON')
}

function toCommon({ json = false, ...choice }: Options) {
  return { choice, json }
}

function toVin(text: string): string {
  if (vinField.pattern.test(text)) return text
  throw new InvalidArgumentError('Expected 1 to 32 letters (A-Z, a-z), digits and hyphens.')
}

function toName(text: string): string {
  if (isDeviceName(text)) return text
  throw new InvalidArgumentError(
    `Expected one line of 1 to ${maxNameCharacters} visible characters.`,
  )
}

function toAlias(text: string, before: readonly string[]): string {
  if (before.length >= maxAliases)
    throw new InvalidArgumentError(`A device has at most ${maxAliases} aliases.`)
  if (isAlias(text)) return text
  throw new InvalidArgumentError(
    `Expected one line of 1 to ${maxAliasCharacters} visible characters, without spaces at its ends.`,
  )
}
