import { UserError } from '../../infra/checks/user-error.ts'
import { hashOfToken, newToken } from '../../services/devices/device-token.ts'
import type { OpenRegistry } from '../../services/devices/open-registry.ts'
import type { WaitingVehicle } from '../../services/devices/waiting-vehicles.ts'
import type { WriteOutcome } from '../../services/devices/registry-writer.ts'
import type { ChangeRefusal, DeviceChange } from '../../services/telemetry/devices/change-device.ts'
import type { Device } from '../../services/telemetry/devices/device.ts'
import { maxAliases } from '../../services/telemetry/devices/device.ts'
import type { DeviceRegistry } from '../../services/telemetry/devices/device-registry.ts'
import { vinOfName } from '../../services/telemetry/devices/vin-of-name.ts'
import { toIsoMicroseconds } from '../../services/telemetry/time.ts'
import { print, printJson } from '../cli/output.ts'
import { formatTable } from '../cli/table.ts'
import type { DevicesRequest } from './request.ts'

type AnswerSources = Pick<OpenRegistry, 'writer'> & {
  readonly readWaiting: () => Promise<readonly WaitingVehicle[]>
}

export async function answer(
  { writer, readWaiting }: AnswerSources,
  registry: DeviceRegistry,
  request: DevicesRequest,
): Promise<number> {
  if (request.kind === 'list') {
    const waiting = (await readWaiting()).filter(({ id }) => registry.find(id) === undefined)
    return list(registry, waiting, request.json)
  }
  if (request.kind === 'show') {
    const device = find(registry, request.id)
    if (request.json) printJson(toJson(device))
    else print(describe(device))
    return 0
  }
  const token = request.kind === 'add' || request.kind === 'rotate' ? newToken() : undefined
  const device = requireStanding(await writer.write(toChange(registry, request, token)))
  if (request.json) printJson({ ...toJson(device), ...(token === undefined ? {} : { token }) })
  else print(describeChange(request.kind, device, token))
  return 0
}

function list(registry: DeviceRegistry, waiting: readonly WaitingVehicle[], json: boolean): number {
  const devices = [...registry.devices()].sort((a, b) => (a.vin < b.vin ? -1 : 1))
  if (json) {
    printJson({ devices: devices.map(toJson), waiting })
    return 0
  }
  if (devices.length === 0) {
    print('There is no device. npm run devices -- add --name "Van 12" adds one.')
  } else {
    const rows = devices.map(({ vin, name, aliases, tokenHash, changedAt }) => [
      ...[vin, name, aliases.join(', '), tokenHash === null ? 'revoked' : 'valid'],
      toIsoMicroseconds(changedAt).slice(0, 19),
    ])
    print(formatTable(['vin', 'name', 'aliases', 'token', 'changed (UTC)'], rows))
  }
  if (waiting.length > 0) showWaiting(waiting)
  return 0
}

function showWaiting(waiting: readonly WaitingVehicle[]): void {
  const rows = waiting.map(({ id, requests, lastSeenAt }) => [
    ...[id, String(requests), lastSeenAt.slice(0, 19)],
  ])
  print(`\n${formatTable(['wants to join', 'requests', 'last (UTC)'], rows)}`)
  print('\nnpm run devices -- admit ID adds a device for one of them, and prints its token.')
}

/** @throws UserError */
function find(registry: DeviceRegistry, id: string): Device {
  const device = registry.find(id)
  if (device !== undefined) return device
  throw new UserError(`There is no device ${id}. npm run devices -- list shows all.`)
}

type Change = Exclude<DevicesRequest, { kind: 'list' | 'show' }>

function toChange(
  registry: DeviceRegistry,
  request: Change,
  token: string | undefined,
): DeviceChange {
  const tokenHash = hashOfToken(token ?? '')
  if (request.kind === 'add') {
    const { name, aliases } = request
    const vin = request.vin ?? vinOfName(name, registry)
    return { kind: 'add', vin, name: name ?? vin, aliases, tokenHash }
  }
  const { vin } = find(registry, request.id)
  switch (request.kind) {
    case 'rename':
      return { kind: 'rename', vin, name: request.name }
    case 'add-alias':
      requireFreeAlias(find(registry, vin), request.alias)
      return { kind: 'add-alias', vin, alias: request.alias }
    case 'remove-alias':
      requireAlias(find(registry, vin), request.alias)
      return { kind: 'remove-alias', vin, alias: request.alias }
    case 'rotate':
      return { kind: 'rotate', vin, tokenHash }
    default:
      return { kind: request.kind, vin }
  }
}

/** @throws UserError if the device does not have the alias */
function requireAlias({ vin, aliases }: Device, alias: string): void {
  if (aliases.includes(alias)) return
  const known = aliases.length === 0 ? 'It has none' : `It has: ${aliases.join(', ')}`
  throw new UserError(`${vin} has no alias ${alias}. ${known}.`)
}

/** @throws UserError if the device has the highest number of aliases, and this is a new one */
function requireFreeAlias({ vin, aliases }: Device, alias: string): void {
  if (aliases.length < maxAliases || aliases.includes(alias)) return
  throw new UserError(
    `${vin} has ${maxAliases} aliases, and a device can have no more. Remove one first.`,
  )
}

const refusals: Readonly<Record<ChangeRefusal, string>> = {
  unknown: 'The device was removed at the same time.',
  exists:
    'A device with this vin exists already. npm run devices -- rotate VIN makes a new token for it.',
  'id-taken':
    'Another device has this vin or one of these aliases already. Choose another vin or alias.',
}

/** @throws UserError if the change does not stand */
function requireStanding(outcome: WriteOutcome): Device {
  switch (outcome.kind) {
    case 'stands':
      return outcome.device
    case 'refused':
      throw new UserError(refusals[outcome.refusal])
    case 'void':
      throw new UserError(
        'Nothing was changed, because the device was changed elsewhere at the same time. Run the command again.',
      )
    case 'not-ready':
    case 'unknown-outcome':
      throw new UserError(
        'Kafka did not confirm the change in time, so it may have been made or not. Check this with npm run devices -- list before you run the command again.',
      )
    default:
      return outcome satisfies never
  }
}

function toJson({ vin, name, aliases, tokenHash, revision, createdAt, changedAt }: Device) {
  const times = { createdAt: toIsoMicroseconds(createdAt), changedAt: toIsoMicroseconds(changedAt) }
  return { vin, name, aliases, hasToken: tokenHash !== null, revision, ...times }
}

function describe(device: Device): string {
  const { name, aliases, hasToken, createdAt, changedAt } = toJson(device)
  return [
    `vin      ${device.vin}`,
    `name     ${name}`,
    `aliases  ${aliases.length === 0 ? 'none' : aliases.join(', ')}`,
    `token    ${hasToken ? 'valid' : 'revoked'}`,
    `added    ${createdAt}`,
    `changed  ${changedAt}`,
  ].join('\n')
}

function describeChange(kind: Change['kind'], device: Device, token: string | undefined): string {
  const { vin, name } = device
  switch (kind) {
    case 'add':
    case 'rotate':
      return `${vin} (${name}) has the token below. It is shown only once. docs/devices.md describes how to set up an app with it.\n${token ?? ''}`
    case 'revoke':
      return `The token of ${vin} (${name}) is refused from now on. npm run devices -- rotate ${vin} makes a new one.`
    case 'rename':
      return `The name of ${vin} is now ${name}.`
    case 'add-alias':
    case 'remove-alias':
      return `${vin} (${name}) has ${describeAliases(device)}.`
    case 'remove':
      return `${vin} (${name}) is removed from the list. Its readings stay in the database.`
    default:
      return kind satisfies never
  }
}

const describeAliases = ({ aliases }: Device): string =>
  aliases.length === 0 ? 'no alias' : `these aliases: ${aliases.join(', ')}`
