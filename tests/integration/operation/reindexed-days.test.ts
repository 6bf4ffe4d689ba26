import { expect } from 'chai'
import { ownerClient } from '../../../scripts/platform/database.ts'
import { PostgresDayStore } from '../../../services/adapters/postgres/readings/day-store.ts'
import { createPool } from '../../../services/adapters/postgres/driver/connection.ts'
import { createLogger } from '../../../services/runtime/logger.ts'
import { readConfig } from '../../../services/consumer/config.ts'
import { postJson, readingJson, receiptStatus } from '../../support/http-client.ts'
import { captureLog } from '../../support/captured-log.ts'
import { envOf, sharedServers } from '../../support/servers.ts'
import { Tenant } from '../../support/tenant.ts'
import { until } from '../../support/until.ts'

const dayMs = 86_400_000
/** The day before yesterday is over at any time of today. */
const begin = Math.floor(Date.now() / dayMs) * dayMs - 2 * dayMs
const day = new Date(begin).toISOString().slice(0, 10)
const partition = `diag_${day.replaceAll('-', '')}`
const timeOf = (second: number) => new Date(begin + second * 1000).toISOString()

/**
 * In the order of arrival: all vehicles in turn. More rows than the smallest index that is rebuilt has.
 */
const [vehicles, seconds] = [100, 1_300]
const fill = `
  INSERT INTO diag (vin, recorded_at, sequence, latitude, longitude, speed, received_at)
  SELECT 'CAR-' || vehicle, $1::timestamptz + second * interval '1 second', second, 37.5, -122.25, 12.5, now()
  FROM generate_series(1, ${seconds}) AS second, LATERAL generate_series(1, ${vehicles} + 0 * second) AS vehicle`

describe('the index of a past day', function () {
  this.timeout(60_000)
  let tenant: Tenant

  beforeEach(async () => {
    tenant = await Tenant.create(await sharedServers())
  })

  afterEach(async () => {
    await tenant[Symbol.asyncDispose]()
  })

  async function fillDay(): Promise<void> {
    await tenant.sql('SELECT ensure_day($1)', [day])
    await tenant.sql(fill, [timeOf(0)])
  }

  const indexes = () =>
    tenant.sql<{ name: string; isValid: boolean; bytes: number }>(
      `SELECT indexrelid::regclass::text AS name, indisvalid AS "isValid", pg_relation_size(indexrelid)::int AS bytes
       FROM pg_index WHERE indrelid = $1::regclass ORDER BY 1`,
      [partition],
    )

  /**
   * Whether a track is read only from the index. Pages that are not marked as all-visible are read
   * from the table.
   */
  async function isVacuumed(): Promise<boolean | undefined> {
    const [found] = await tenant.sql<{ vacuumed: boolean }>(
      'SELECT relpages > 0 AND relallvisible = relpages AS vacuumed FROM pg_class WHERE oid = $1::regclass',
      [partition],
    )
    return found?.vacuumed
  }

  it('is rebuilt once by a consumer, and its rows are found as before', async () => {
    await fillDay()
    const [loose] = await indexes()
    const { logger, lines } = captureLog()
    await tenant.startConsumer({ consumerLogger: logger })
    const reindexLines = () => lines.filter(({ event }) => event === 'day-reindexed')
    await until('the index is built', () => Promise.resolve(reindexLines().length > 0))
    const [dense, ...others] = await indexes()
    expect(others).to.deep.equal([])
    expect(dense?.name).to.equal(loose?.name)
    expect(dense?.bytes).to.be.lessThan(0.7 * (loose?.bytes ?? 0))
    expect(reindexLines()).to.have.length(1)
    expect(reindexLines()[0]).to.include({ day, bytesBefore: loose?.bytes, bytes: dense?.bytes })
    expect(await isVacuumed()).to.equal(true)
    expect(await tenant.countRows()).to.equal(vehicles * seconds)

    await tenant.startProducer()
    const same = { ...readingJson('CAR-7', timeOf(11)), sequence: 11 }
    const resent = { ...same, latitude: 37.5, longitude: -122.25, speed: 12.5 }
    const { body } = await postJson(tenant, [resent, same])
    const [duplicate, conflict] = body['receipts'] as string[]
    await until('both readings are settled', async () => (await tenant.account()).settled === 2)
    expect(await receiptStatus(tenant, duplicate)).to.equal('duplicate')
    expect(await receiptStatus(tenant, conflict)).to.equal('dead-lettered')

    await tenant.stopConsumer()
    const second = captureLog()
    await tenant.startConsumer({ consumerLogger: second.logger })
    await postJson(tenant, readingJson('CAR-7'))
    await until('another reading is stored', async () => (await tenant.account()).stored === 1)
    expect(second.lines.filter(({ event }) => event === 'day-reindexed')).to.deep.equal([])
  })

  it('is rebuilt after a failed attempt, and nothing of the attempt remains', async () => {
    await fillDay()
    const { config, folders } = tenant.deployment
    const holder = ownerClient(config, folders)
    const failing = ownerClient(config, folders)
    await Promise.all([holder.connect(), failing.connect()])
    // The old index can be dropped only after all older transactions have ended.
    await holder.query('BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM diag')
    await failing.query("SET lock_timeout = '100ms'")
    const failed = await failing.query(`REINDEX TABLE CONCURRENTLY ${partition}`).then(
      () => undefined,
      (error: unknown) => (error as { code?: string }).code,
    )
    expect(failed).to.equal('55P03')
    const others = `CREATE INDEX CONCURRENTLY somebodys ON ${partition} (make)`
    await failing.query(others).catch(() => undefined)
    await holder.query('COMMIT')
    await Promise.all([holder.end(), failing.end()])
    expect((await indexes()).map(({ isValid }) => isValid)).to.have.members([true, false, false])

    const { logger, lines } = captureLog()
    await tenant.startConsumer({ consumerLogger: logger })
    await until('the index is built', () =>
      Promise.resolve(lines.some(({ event }) => event === 'day-reindexed')),
    )
    const left = (await indexes()).map(({ name, isValid }) => [name, isValid])
    expect(left).to.deep.equal([
      [`${partition}_pkey`, true],
      ['somebodys', false],
    ])
  })

  it('does not disturb storing: late and repeated readings are settled as usual', async () => {
    const { config } = tenant
    await tenant.sql('SELECT ensure_day($1)', [day])
    const { postgres } = readConfig(envOf(tenant.deployment, 'consumer-0'))
    const logger = createLogger('test', 'silent')
    const pool = createPool(postgres, { applicationName: 'test', maxConnections: 2, logger })
    const days = new PostgresDayStore(pool, config.postgres.table)
    await tenant.startProducer()
    await tenant.startConsumer()
    const end = new AbortController()
    let built = 0
    const building = (async () => {
      for (; !end.signal.aborted; built += 1) await days.reindex(day)
    })()
    const [rounds, readings] = [40, 50]
    for (let round = 0; round < rounds; round += 1) {
      const late = Array.from({ length: readings }, (_, index) => ({
        ...readingJson(`LATE-${index % 7}`, timeOf(round)),
        sequence: index,
      }))
      expect((await postJson(tenant, late)).status).to.equal(202)
      expect((await postJson(tenant, late)).status).to.equal(202)
    }
    const all = rounds * readings
    await until(
      'all readings are settled',
      async () => (await tenant.account()).settled === 2 * all,
    )
    end.abort()
    await building
    await pool.end()
    expect(built).to.be.greaterThan(5)
    expect(await tenant.account()).to.include({ stored: all, duplicate: all, deadLettered: 0 })
    expect(await tenant.countRows()).to.equal(all)
  })
})
