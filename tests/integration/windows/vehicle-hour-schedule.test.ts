import { expect } from 'chai'
import { insertReadings } from '../../support/vehicle-hours.ts'
import { captureLog } from '../../support/captured-log.ts'
import { sharedServers } from '../../support/servers.ts'
import { Tenant } from '../../support/tenant.ts'
import { until } from '../../support/until.ts'

const hourMs = 3_600_000

describe('The shipped schedule vehicle_hour', function () {
  this.timeout(120_000)
  let tenant: Tenant
  /** The beginning of the last hour that is due when a test starts. */
  let hour: number

  beforeEach(async () => {
    tenant = await Tenant.create(await sharedServers())
    hour = Math.floor((Date.now() - 33 * 60_000) / hourMs) * hourMs - hourMs
  })
  afterEach(() => tenant[Symbol.asyncDispose]())

  const start = () =>
    tenant.startWorker(captureLog().logger, {
      ...{ withShipped: true, intervalMs: 100, lateRowsWaitMs: 0 },
    })
  /** A vehicle that stands still, with a reading a second. */
  const readings = (fromMs: number, count: number) =>
    Array.from({ length: count }, (_, index) => {
      const at = (fromMs + index * 1_000) * 1_000
      return { at, longitude: 8.5, latitude: 49.5, speed: 0 }
    })
  const startedAt = (ms: number) =>
    tenant.sql(
      `INSERT INTO schedule (pipeline, made_from, made_until, reads_table) VALUES ('vehicle_hour', $1, $1, $2)`,
      [new Date(ms), `public.${tenant.config.postgres.table}`],
    )
  const counts = async () => {
    const rows = await tenant.sql<{ readings: number }>(
      'SELECT readings FROM data.vehicle_hour ORDER BY vin, hour_begin',
    )
    return rows.map((row) => row.readings).join(' ')
  }

  it('computes the hours from the readings, and again when late readings come', async () => {
    await startedAt(hour - hourMs)
    await insertReadings(tenant, 'A', readings(hour - hourMs + 60_000, 100))
    await insertReadings(tenant, 'A', readings(hour + 60_000, 50))
    await start()
    await until('both hours are computed', async () => (await counts()) === '100 50')
    // The consumer calls this in the transaction of its batch.
    await insertReadings(tenant, 'A', readings(hour + 40 * 60_000, 7))
    await tenant.sql('SELECT touch_minutes($1, $2)', [
      `public.${tenant.config.postgres.table}`,
      [new Date(hour + 40 * 60_000)],
    ])
    await until('the late readings count', async () => (await counts()) === '100 57')
  })

  it('makes no tasks while it is off', async () => {
    const log = captureLog()
    await tenant.startWorker(log.logger, { withShipped: true, intervalMs: 100 })
    const wasLogged = (event: string) => log.lines.some((line) => line.event === event)
    await until('it is kept', async () => (await tenant.sql('SELECT FROM schedule')).length === 1)
    await tenant.sql("INSERT INTO setting VALUES ('vehicle_hour', 'enabled', 'false')")
    await until('it is stopped', () => wasLogged('pipeline-stopped'))
    const begin = new Date(hour)
    await tenant.sql('UPDATE schedule SET made_from = $1, made_until = $1', [begin])
    // Longer than the interval at which schedules are looked at.
    const seen = async () => {
      const [row] = await tenant.sql<{ at: Date }>('SELECT last_seen_at AS at FROM worker')
      return row?.at.getTime() ?? 0
    }
    const first = await seen()
    await until('the worker is seen later', async () => (await seen()) > first + 7_000)
    expect(await tenant.sql('SELECT FROM task')).to.deep.equal([])
    await tenant.sql("UPDATE setting SET value = 'true'")
    // The next hour may have become due since the test began.
    await until('it goes on', async () => (await tenant.sql('SELECT FROM task')).length > 0)
  })
})
