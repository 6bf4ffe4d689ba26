import type { RequestHandler, Response } from 'express'
import express, { Router } from 'express'
import type { Problem } from '../../adapters/http/problem.ts'
import { sendJson, sendProblem } from '../../adapters/http/problem.ts'
import { allowOnly } from '../../adapters/http/routing.ts'
import { hashOfToken, newToken } from '../../devices/device-token.ts'
import type { OpenRegistry } from '../../devices/open-registry.ts'
import type { WriteOutcome } from '../../devices/registry-writer.ts'
import type { Logger } from '../../runtime/logger.ts'
import type { DeviceChange } from '../../telemetry/devices/change-device.ts'
import type { Device as StoredDevice } from '../../telemetry/devices/device.ts'
import type { DeviceRegistry } from '../../telemetry/devices/device-registry.ts'
import { maxAliases } from '../../telemetry/devices/device.ts'
import { vinOfName } from '../../telemetry/devices/vin-of-name.ts'
import { toIsoMicroseconds } from '../../telemetry/time.ts'
import type { Device, Devices, DeviceWithToken, WaitingVehicle } from '../api/devices.ts'
import { changesNeedToken } from '../http/problems.ts'
import {
  deviceBodyNotJson,
  deviceChangedElsewhere,
  deviceNotConfirmed,
  devicesUnavailable,
  invalidDevice,
  refusedChange,
  tooManyAliases,
  unknownDevice,
} from './device-problems.ts'
import { aliasBody, newDeviceBody, parseDeviceBody, renamedDeviceBody } from './parse-device.ts'

export type DeviceRoutesOptions = {
  readonly registry: {
    readonly reader: Pick<OpenRegistry['reader'], 'registry'>
    readonly writer: Pick<OpenRegistry['writer'], 'write'>
  }
  /** The vehicles that wait at the producers. */
  readonly waiting: () => Promise<readonly WaitingVehicle[]>
  readonly mayChange: boolean
  readonly logger: Logger
}

const maxBodyBytes = 16 * 1024

/** The routes of the devices. Requests of other websites do not arrive here (`guarded`). */
export function deviceRoutes(options: DeviceRoutesOptions): Router {
  const router = Router()
  const body = express.text({ type: 'application/json', limit: maxBodyBytes })
  router
    .route('/devices')
    .get(list(options))
    .post(body, change(options, add))
    .all(allowOnly('GET, POST'))
  router.route('/devices/:vin').get(show(options)).all(allowOnly('GET'))
  const actions = {
    ...{ rename, rotate, revoke, remove },
    ...{ 'add-alias': addAlias, 'remove-alias': removeAlias },
  }
  for (const [name, action] of Object.entries(actions))
    router.route(`/devices/:vin/${name}`).post(body, change(options, action)).all(allowOnly('POST'))
  return router
}

function toDevice(device: StoredDevice): Device {
  const { vin, name, aliases, tokenHash, createdAt, changedAt } = device
  const times = { createdAt: toIsoMicroseconds(createdAt), changedAt: toIsoMicroseconds(changedAt) }
  return { vin, name, aliases, hasToken: tokenHash !== null, ...times }
}

function list({ registry, waiting: readWaiting, mayChange }: DeviceRoutesOptions): RequestHandler {
  return async (_, response) => {
    const known = registry.reader.registry
    if (known === undefined) {
      sendProblem(response, devicesUnavailable)
      return
    }
    const devices = [...known.devices()].sort((a, b) => (a.vin < b.vin ? -1 : 1)).map(toDevice)
    // A vehicle may have got its device after its last request.
    const waiting = (await readWaiting()).filter(({ id }) => known.find(id) === undefined)
    const answer: Devices = { devices, waiting, mayChange }
    sendJson(response, 200, answer)
  }
}

function show({ registry }: DeviceRoutesOptions): RequestHandler<{ vin: string }> {
  return ({ params: { vin } }, response) => {
    const known = registry.reader.registry
    const device = known?.find(vin)
    if (device !== undefined) sendJson(response, 200, toDevice(device))
    else sendProblem(response, known === undefined ? devicesUnavailable : unknownDevice(vin))
  }
}

type Requested =
  | { readonly change: DeviceChange; readonly token?: string; readonly status?: 200 | 201 }
  | { readonly problem: Problem }

/** What a request asks for. @param vin in the path; the vin or an alias */
type Action = (
  request: { readonly vin: string; readonly body: unknown },
  registry: DeviceRegistry,
) => Requested

const add: Action = ({ body }, registry) => {
  if (typeof body !== 'string') return { problem: deviceBodyNotJson }
  const parsed = parseDeviceBody(newDeviceBody, body)
  if (!parsed.ok) return { problem: invalidDevice(parsed.reason) }
  const { name, aliases } = parsed.value
  const vin = parsed.value.vin ?? vinOfName(name, registry)
  const token = newToken()
  const tokenHash = hashOfToken(token)
  const change = { kind: 'add', vin, name: name ?? vin, aliases, tokenHash } as const
  return { change, token, status: 201 }
}

const rename: Action = ({ vin, body }) => {
  if (typeof body !== 'string') return { problem: deviceBodyNotJson }
  const parsed = parseDeviceBody(renamedDeviceBody, body)
  if (!parsed.ok) return { problem: invalidDevice(parsed.reason) }
  return { change: { kind: 'rename', vin, name: parsed.value.name } }
}

const addAlias: Action = (request, registry) => {
  const alias = aliasOf(request.body)
  if ('problem' in alias) return alias
  const { vin } = request
  const { aliases = [] } = registry.find(vin) ?? {}
  const isFull = aliases.length >= maxAliases && !aliases.includes(alias.alias)
  return isFull ? { problem: tooManyAliases } : { change: { kind: 'add-alias', vin, ...alias } }
}

const removeAlias: Action = ({ vin, body }) => {
  const alias = aliasOf(body)
  return 'problem' in alias ? alias : { change: { kind: 'remove-alias', vin, ...alias } }
}

function aliasOf(body: unknown): { readonly alias: string } | { readonly problem: Problem } {
  if (typeof body !== 'string') return { problem: deviceBodyNotJson }
  const parsed = parseDeviceBody(aliasBody, body)
  return parsed.ok ? parsed.value : { problem: invalidDevice(parsed.reason) }
}

const rotate: Action = ({ vin }) => {
  const token = newToken()
  return { change: { kind: 'rotate', vin, tokenHash: hashOfToken(token) }, token }
}

const revoke: Action = ({ vin }) => ({ change: { kind: 'revoke', vin } })
const remove: Action = ({ vin }) => ({ change: { kind: 'remove', vin } })

/** Answers with the device after the change. */
function change(
  { registry, mayChange, logger }: DeviceRoutesOptions,
  action: Action,
): RequestHandler<{ vin?: string }> {
  return async ({ params: { vin: id = '' }, body }, response) => {
    const known = registry.reader.registry
    if (!mayChange || known === undefined) {
      sendProblem(response, mayChange ? devicesUnavailable : changesNeedToken)
      return
    }
    const requested = action({ vin: known.find(id)?.vin ?? id, body }, known)
    if ('problem' in requested) {
      sendProblem(response, requested.problem)
      return
    }
    const outcome = await registry.writer.write(requested.change)
    if (outcome.kind !== 'stands') {
      sendProblem(response, problemOf(outcome, id))
      return
    }
    const { vin, revision } = outcome.device
    logger.info({ vin, revision, change: requested.change.kind }, 'device-changed')
    sendChanged(response, outcome.device, requested)
  }
}

function sendChanged(
  response: Response,
  stored: StoredDevice,
  { token, status = 200 }: Extract<Requested, { change: unknown }>,
): void {
  const device = toDevice(stored)
  const answer: Device | DeviceWithToken = token === undefined ? device : { ...device, token }
  sendJson(response, status, answer)
}

function problemOf(outcome: Exclude<WriteOutcome, { kind: 'stands' }>, id: string): Problem {
  switch (outcome.kind) {
    case 'refused':
      return refusedChange(outcome.refusal, id)
    case 'void':
      return deviceChangedElsewhere
    case 'not-ready':
      return devicesUnavailable
    case 'unknown-outcome':
      return deviceNotConfirmed
    default:
      return outcome satisfies never
  }
}
