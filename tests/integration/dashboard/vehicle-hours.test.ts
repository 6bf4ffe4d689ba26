import { expect } from 'chai'
import type { Pool } from '../../../services/adapters/postgres/driver/connection.ts'
import type { TripReading } from '../../../services/telemetry/trips/trip.ts'
import { hoursTouchedBy, microsPerHour } from '../../../services/telemetry/vehicle-hours/hours.ts'
import { vehicleHourOf } from '../../../services/telemetry/vehicle-hours/vehicle-hour.ts'
import { noon } from '../../support/builders.ts'
import { sharedServers } from '../../support/servers.ts'
import { Tenant } from '../../support/tenant.ts'
import { aPosition, noise, tripRules } from '../../support/trip-tracks.ts'
import { computeHours, insertReadings, workerPool } from '../../support/vehicle-hours.ts'

const hour = (number: number) => noon + number * microsPerHour
const hoursSpan = (from: number, to: number) => ({ from: hour(from), to: hour(to) })

/** Drives for ten minutes at 12 m/s and stands for ten, again and again, with noise. */
function aDay(seed: number, [from, to]: [number, number], everySeconds: number): TripReading[] {
  const next = noise(seed, 3)
  const readings: TripReading[] = []
  for (let seconds = from; seconds < to; seconds += everySeconds) {
    const driven = Math.floor(seconds / 1_200) * 600 + Math.min(seconds % 1_200, 600)
    readings.push(aPosition(seconds, driven * 12 + next(), seconds % 1_200 < 600 ? 12 : 0))
  }
  return readings
}

describe('The table vehicle_hour', function () {
  this.timeout(120_000)
  let tenant: Tenant
  let pool: Pool

  before(async function () {
    this.timeout(90_000)
    tenant = await Tenant.create(await sharedServers())
    pool = workerPool(tenant)
  })

  beforeEach(() => tenant.sql('TRUNCATE diag, retired_day, data.vehicle_hour, data.computed_hour'))

  after(async () => {
    await pool.end()
    await tenant[Symbol.asyncDispose]()
  })

  const compute = (from: number, to: number) => computeHours(pool, tenant, hoursSpan(from, to))
  const rows = () =>
    tenant.sql(
      `SELECT vin, (extract(epoch FROM hour_begin) * 1000000)::bigint AS hour, distance_mm, driving_ms,
         idle_ms, max_speed, mean_speed, readings, gaps, stops
       FROM data.vehicle_hour ORDER BY vin, hour_begin`,
    )
  const computedHours = async () =>
    (
      await tenant.sql<{ hour: number }>(
        'SELECT (extract(epoch FROM hour_begin) * 1000000)::bigint AS hour FROM data.computed_hour ORDER BY hour_begin',
      )
    ).map((row) => row.hour)

  /** A row as the table has it, computed without the database. */
  function rowOf(vin: string, readings: readonly TripReading[], from: number) {
    const near = readings.filter(({ at }) => hoursTouchedBy(at, tripRules).includes(from))
    const computed = vehicleHourOf(near, tripRules, from)
    if (computed === undefined) return []
    const { distanceMillimetres, drivingMs, idleMs, maxSpeed, meanSpeed, ...counts } = computed
    const speeds = { max_speed: maxSpeed, mean_speed: meanSpeed }
    const times = { driving_ms: drivingMs, idle_ms: idleMs }
    return [{ vin, hour: from, distance_mm: distanceMillimetres, ...times, ...speeds, ...counts }]
  }

  it('has the hours of each vehicle, from its readings and those around the hour', async () => {
    const fast = aDay(1, [-3_000, 9_000], 1)
    const slow = aDay(2, [0, 9_000], 60).map((reading, index) =>
      index % 3 === 0 ? { ...reading, speed: null } : reading,
    )
    await insertReadings(tenant, 'FAST', fast)
    await insertReadings(tenant, 'SLOW', slow)
    await insertReadings(tenant, 'OTHER-HOURS', [aPosition(-8_000, 0), aPosition(12_000, 0)])
    expect(await compute(0, 2)).to.deep.equal({ hours: 2, rows: 4 })
    expect(await rows()).to.deep.equal([
      ...rowOf('FAST', fast, hour(0)),
      ...rowOf('FAST', fast, hour(1)),
      ...rowOf('SLOW', slow, hour(0)),
      ...rowOf('SLOW', slow, hour(1)),
    ])
    expect((await rows())[0]).to.include({ readings: 3_600, stops: 3, gaps: 0 })
    expect(await computedHours()).to.deep.equal([hour(0), hour(1)])
  })

  it('has the hours around midnight, whose readings are in two partitions', async () => {
    const readings = aDay(3, [38_000, 48_000], 10)
    await insertReadings(tenant, 'NIGHT', readings)
    await compute(11, 13)
    expect(await rows()).to.deep.equal([
      ...rowOf('NIGHT', readings, hour(11)),
      ...rowOf('NIGHT', readings, hour(12)),
    ])
  })

  it('has the same rows as if computed from scratch after late, changed and deleted readings', async () => {
    const vins = ['A', 'B', 'C']
    for (const [index, vin] of vins.entries()) {
      await insertReadings(tenant, vin, aDay(index, [-3_600, 18_000], 20))
    }
    await compute(-2, 6)
    const random = noise(7, 1)
    const touched = new Set<number>()
    const touch = (at: number) => {
      for (const from of hoursTouchedBy(at, tripRules)) touched.add(from)
    }
    for (let change = 0; change < 12; change += 1) {
      const seconds = Math.floor(Math.abs(random()) * 7_000) - 1_800
      const vin = vins[change % vins.length]!
      if (change % 3 === 0) {
        const late = [1, 2, 3].map((index) => aPosition(seconds + index, 40_000))
        await insertReadings(tenant, vin, late)
        for (const { at } of late) touch(at)
        continue
      }
      const first = new Date((noon + seconds * 1e6) / 1000)
      const last = new Date(first.getTime() + 400_000)
      const statement =
        change % 3 === 1
          ? 'DELETE FROM diag WHERE vin = $1 AND recorded_at >= $2 AND recorded_at < $3 RETURNING recorded_at'
          : 'UPDATE diag SET longitude = longitude + 0.01, speed = 20 WHERE vin = $1 AND recorded_at >= $2 AND recorded_at < $3 RETURNING recorded_at'
      const changed = await tenant.sql<{ recorded_at: Date }>(statement, [vin, first, last])
      for (const { recorded_at } of changed) touch(recorded_at.getTime() * 1000)
    }
    const before = await rows()
    for (const from of touched) await computeHours(pool, tenant, { from, to: from + microsPerHour })
    const updated = await rows()
    expect(updated).to.not.deep.equal(before)
    await tenant.sql('TRUNCATE data.vehicle_hour, data.computed_hour')
    await compute(-2, 6)
    expect(updated).to.deep.equal(await rows())
  })

  it('loses the row of a vehicle whose readings were deleted', async () => {
    await insertReadings(tenant, 'GONE', aDay(1, [0, 3_600], 10))
    await compute(0, 1)
    expect(await rows()).to.have.lengthOf(1)
    await tenant.sql('DELETE FROM diag')
    expect(await compute(0, 1)).to.deep.equal({ hours: 1, rows: 0 })
    expect(await rows()).to.deep.equal([])
  })

  it('keeps the rows of hours whose readings were deleted by retention', async () => {
    await insertReadings(tenant, 'KEPT', aDay(1, [0, 3_600], 10))
    await compute(0, 1)
    await tenant.sql('DELETE FROM diag')
    const day = new Date(noon / 1000)
    await tenant.sql('INSERT INTO retired_day (day, row_count) VALUES ($1::date, 360)', [day])
    expect(await compute(0, 1)).to.deep.equal({ hours: 0, rows: 0 })
    expect(await rows()).to.have.lengthOf(1)
    // An hour after midnight also depends on the day before.
    expect(await compute(12, 14)).to.deep.equal({ hours: 1, rows: 0 })
    expect(await computedHours()).to.deep.equal([hour(0), hour(13)])
  })

  it('is computed for whole hours only', async () => {
    const half = { from: hour(0) + microsPerHour / 2, to: hour(1) }
    const message = await computeHours(pool, tenant, half).then(
      () => 'computed',
      (error: unknown) => (error as Error).message,
    )
    expect(message).to.include('are not whole hours in UTC')
  })

  it('can be read by the role of the dashboard', async () => {
    const [right] = await tenant.sql<{ may: boolean }>(
      `SELECT has_table_privilege('telemetry_reader', 'data.vehicle_hour', 'SELECT')
         AND has_table_privilege('telemetry_reader', 'data.computed_hour', 'SELECT') AS may`,
    )
    expect(right?.may).to.equal(true)
  })
})
