import type { Device, Devices, DeviceWithToken, WaitingVehicle } from '../api/devices.ts'

const device: Device = {
  vin: 'VAN-12',
  name: 'Van 12',
  aliases: ['73829102'],
  hasToken: true,
  createdAt: '2026-01-31T11:00:00.000000Z',
  changedAt: '2026-01-31T11:00:00.000000Z',
}

const waiting: WaitingVehicle = {
  id: 'BUS-7',
  requests: 12,
  firstSeenAt: '2026-01-31T11:40:00.000Z',
  lastSeenAt: '2026-01-31T11:59:50.000Z',
}

export type DeviceExamples = {
  readonly devices: Devices
  readonly device: Device
  readonly deviceWithToken: DeviceWithToken
}

/** Examples of the OpenAPI document. */
export const deviceExamples: DeviceExamples = {
  devices: { devices: [device], waiting: [waiting], mayChange: true },
  device,
  deviceWithToken: { ...device, token: 'AbCdEfGhIjKlMnOpQrStUvWxYz0123456789_-AbCdE' },
}
