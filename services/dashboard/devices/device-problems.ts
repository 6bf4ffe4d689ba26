import type { Problem } from '../../adapters/http/problem.ts'
import { maxAliases } from '../../telemetry/devices/device.ts'
import type { ChangeRefusal } from '../../telemetry/devices/change-device.ts'

/** The error responses about devices. */

const retryLater = { 'retry-after': '5' }

export const devicesUnavailable: Problem = {
  status: 503,
  title: 'Devices cannot be read',
  detail: 'The devices have not been read from Kafka yet. Try again later.',
  headers: retryLater,
}

export const deviceNotConfirmed: Problem = {
  status: 503,
  title: 'Change not confirmed',
  detail:
    'Kafka did not confirm the change in time, so it may have been made or not. Read the device again before you repeat the change.',
  headers: retryLater,
}

export const deviceChangedElsewhere: Problem = {
  status: 409,
  title: 'Device changed elsewhere',
  detail:
    'Nothing was changed, because the device was changed elsewhere at the same time. Read it again, then repeat the change.',
}

export const deviceBodyNotJson: Problem = {
  status: 415,
  title: 'Body not JSON',
  detail: 'Send the body as JSON, with Content-Type: application/json.',
}

export const tooManyAliases: Problem = {
  status: 409,
  title: 'Too many aliases',
  detail: `A device has at most ${maxAliases} aliases. Remove one first.`,
}

export function invalidDevice(detail: string): Problem {
  return { status: 400, title: 'Invalid device', detail }
}

export function unknownDevice(id: string): Problem {
  return {
    status: 404,
    title: 'Unknown device',
    detail: `There is no device ${JSON.stringify(id.slice(0, 64))}.`,
  }
}

export function refusedChange(refusal: ChangeRefusal, id: string): Problem {
  if (refusal === 'unknown') return unknownDevice(id)
  const detail =
    refusal === 'exists'
      ? 'A device with this vin exists already. “New token” on the page Devices, or POST /api/devices/{vin}/rotate, makes a new token for it.'
      : 'Another device has this vin or one of these aliases already. Choose another vin or alias.'
  return { status: 409, title: 'Id taken', detail }
}
