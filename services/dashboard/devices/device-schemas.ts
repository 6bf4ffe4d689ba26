import { vinField } from '../../telemetry/reading/fields.ts'
import type * as devices from '../api/devices.ts'
import type { Properties } from '../http/schema-parts.ts'
import { count, flag, list, object, text, time } from '../http/schema-parts.ts'

/** The schemas of the responses about devices. */

const device: Properties<devices.Device> = {
  vin: { type: 'string', pattern: vinField.pattern.source },
  name: text,
  aliases: list(text),
  hasToken: flag,
  createdAt: time,
  changedAt: time,
}

const waiting: Properties<devices.WaitingVehicle> = {
  id: text,
  requests: count,
  firstSeenAt: time,
  lastSeenAt: time,
}

export const deviceSchemas = {
  Device: object<devices.Device>(device),
  DeviceWithToken: object<devices.DeviceWithToken>({ ...device, token: text }),
  Devices: object<devices.Devices>({
    devices: list(object<devices.Device>(device)),
    waiting: list(object<devices.WaitingVehicle>(waiting)),
    mayChange: flag,
  }),
}
