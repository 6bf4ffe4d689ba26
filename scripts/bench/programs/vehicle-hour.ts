import pg from 'pg'
import { connectionOf } from '../../../services/adapters/postgres/driver/connection-config.ts'
import { computeVehicleHours } from '../../../services/adapters/postgres/readings/hours-store.ts'
import type { TripRules } from '../../../services/telemetry/trips/trip-rules.ts'
import { microsPerHour } from '../../../services/telemetry/vehicle-hours/hours.ts'
import { peakMegabytes } from '../machine.ts'
import type { BareHourOrder, HourRun } from './bare-hour.ts'
import { readOrder } from './read-order.ts'

// What a worker does for one hour of `vehicle_hour`, in a process for itself.

export type VehicleHourOrder = BareHourOrder & { readonly rules: TripRules }

const { postgres, table, hour, rules } = readOrder() as VehicleHourOrder
const client = new pg.Client(connectionOf(postgres))
await client.connect()
const since = performance.now()
const cpuBefore = process.cpuUsage()
await client.query('BEGIN')
const order = { client, table, rules, from: hour, to: hour + microsPerHour }
const { rows } = await computeVehicleHours(order)
await client.query('COMMIT')
const seconds = (performance.now() - since) / 1000
const { user, system } = process.cpuUsage(cpuBefore)
const run: HourRun = {
  rows,
  seconds,
  cpuSeconds: (user + system) / 1e6,
  peakMegabytes: peakMegabytes(process.pid),
}
process.stdout.write(JSON.stringify(run))
await client.end()
