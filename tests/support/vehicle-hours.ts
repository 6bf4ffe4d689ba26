import { localPassword } from '../../scripts/platform/database.ts'
import type { Pool } from '../../services/adapters/postgres/driver/connection.ts'
import { createPool, inTransaction } from '../../services/adapters/postgres/driver/connection.ts'
import { roles } from '../../services/adapters/postgres/driver/settings.ts'
import { computeVehicleHours } from '../../services/adapters/postgres/readings/hours-store.ts'
import type { TripReading } from '../../services/telemetry/trips/trip.ts'
import { serviceLogger } from './service-log.ts'
import type { Tenant } from './tenant.ts'
import { tripRules } from './trip-tracks.ts'

/** Connections with the role of the worker, which computes the hours. */
export function workerPool({ config, deployment }: Tenant): Pool {
  const { hostPort: port, database, table } = config.postgres
  const password = localPassword(deployment.folders, 'worker')
  const settings = { host: '127.0.0.1', port, database, table, user: roles.worker, password }
  return createPool(settings, { applicationName: 'test', maxConnections: 2, logger: serviceLogger })
}

/** Computes the hours of a span in a transaction. @param span microseconds since the Unix epoch */
export function computeHours(
  pool: Pool,
  { config }: Tenant,
  span: { readonly from: number; readonly to: number },
) {
  const { table } = config.postgres
  return inTransaction(pool, (client) =>
    computeVehicleHours({ client, table, rules: tripRules, ...span }),
  )
}

const atColumn = (readings: readonly TripReading[]) =>
  readings.map(({ at }) => new Date(at / 1000).toISOString())

/** Adds readings of a vehicle to the table, without Kafka. Their sequences are unique. */
export async function insertReadings(
  tenant: Tenant,
  vin: string,
  readings: readonly TripReading[],
): Promise<void> {
  const days = new Set(atColumn(readings).map((time) => time.slice(0, 10)))
  for (const day of days) await tenant.sql('SELECT ensure_day($1::date)', [day])
  await tenant.sql(
    `INSERT INTO "${tenant.config.postgres.table}"
       (vin, recorded_at, sequence, latitude, longitude, speed, received_at)
     SELECT $1, reading.at, coalesce((SELECT max(sequence) FROM "${tenant.config.postgres.table}"), 0) + number,
       latitude, longitude, speed, now()
     FROM unnest($2::timestamptz[], $3::float8[], $4::float8[], $5::float8[])
       WITH ORDINALITY AS reading (at, latitude, longitude, speed, number)`,
    [
      vin,
      atColumn(readings),
      readings.map(({ latitude }) => latitude),
      readings.map(({ longitude }) => longitude),
      readings.map(({ speed }) => speed),
    ],
  )
}
