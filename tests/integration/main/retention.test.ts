import { expect } from 'chai'
import type pg from 'pg'
import { ownerClient } from '../../../scripts/platform/database.ts'
import { manyReadings, postJson, readingJson, receiptStatus } from '../../support/http-client.ts'
import { captureLog } from '../../support/captured-log.ts'
import { sharedServers } from '../../support/servers.ts'
import { Tenant } from '../../support/tenant.ts'
import { sendTraffic } from '../../support/traffic.ts'
import { until, untilCount } from '../../support/until.ts'
import { watchAccount } from '../../support/watch-account.ts'

const dayMs = 86_400_000
/** Ten days beyond the default retention of 30, in the middle of a UTC day. */
const longAgo = Math.floor(Date.now() / dayMs) * dayMs - 40 * dayMs + dayMs / 2
/** Holds the housekeeping lock, so that no consumer retires days. */
const takeHousekeepingLock = 'select pg_advisory_lock(7243002)'
const dayOf = (time: number) => new Date(time).toISOString().slice(0, 10)

describe('Retention', function () {
  this.timeout(120_000)
  let tenant: Tenant
  let others: pg.Client[]

  beforeEach(async () => {
    tenant = await Tenant.create(await sharedServers())
    others = []
  })

  afterEach(async () => {
    for (const client of others) await client.end()
    await tenant[Symbol.asyncDispose]()
  })

  /** Opens another session of the owner. */
  async function connect(): Promise<pg.Client> {
    const client = ownerClient(tenant.config, tenant.deployment.folders)
    await client.connect()
    others.push(client)
    return client
  }

  /** Appends readings as if the producer had received them at these times. */
  async function produceAt(times: readonly number[], vin = 'OLD'): Promise<void> {
    const messages = times.map((time, index) => {
      const iso = new Date(time).toISOString()
      const value = JSON.stringify({ ...readingJson(vin, iso), sequence: index })
      return {
        partition: 0,
        key: vin,
        value,
        headers: { 'schema-version': '1', 'received-at': iso },
      }
    })
    await tenant.directChanges.produce(messages)
  }

  /** Stores a reading for each time, with a consumer whose clock is 40 days behind. */
  async function storeLongAgo(times: readonly number[]): Promise<void> {
    await produceAt(times)
    await tenant.startConsumer({ now: () => longAgo })
    await untilCount('the readings are stored', () => tenant.countRows(), times.length)
    await tenant.stopConsumer()
  }

  const days = async (): Promise<string[]> => {
    const rows = await tenant.sql<{ day: string }>(
      `select right(relname, 8) as day from pg_inherits join pg_class on pg_class.oid = inhrelid
       where inhparent = 'diag'::regclass order by 1`,
    )
    return rows.map(({ day }) => day)
  }
  const retired = () =>
    tenant.sql<{ day: string; row_count: number }>(
      'select day::text, row_count::int from retired_day order by day',
    )
  const isClosed = async (): Promise<boolean> => {
    const closed = await tenant.sql("select from pg_constraint where conname = 'day_closed'")
    return closed.length > 0
  }

  /** The database sessions of the housekeeping. */
  const sessions = () =>
    tenant.sql<{ waiting: boolean }>(
      `select wait_event_type = 'Lock' as waiting from pg_stat_activity
       where datname = current_database() and application_name = 'av-telemetry housekeeping'`,
    )

  const untilNoSession = () =>
    until('no session is left', async () => (await sessions()).length === 0)

  it('drops expired days and keeps their row counts, while the account stays balanced', async () => {
    const old = [0, 1, 1, 2, 2, 2].map((after, index) => longAgo - after * dayMs + index)
    await storeLongAgo(old)
    await tenant.startProducer()
    const stopWatching = watchAccount(tenant)
    const { logger, lines } = captureLog()
    await tenant.startConsumer({ consumerLogger: logger })
    await using fresh = sendTraffic(tenant, 'FRESH')
    const droppedDays = [2, 1, 0].map((after) => dayOf(longAgo - after * dayMs))
    await until('the old days are dropped', async () => (await retired()).length === 3)
    expect(await retired()).to.deep.equal([
      { day: droppedDays[0], row_count: 3 },
      { day: droppedDays[1], row_count: 2 },
      { day: droppedDays[2], row_count: 1 },
    ])
    const present = await days()
    for (const day of droppedDays) expect(present).to.not.include(day.replaceAll('-', ''))
    const { acknowledged } = await fresh.stop()
    await untilCount('the new readings are stored', () => tenant.countRows(), acknowledged)
    const found = await stopWatching()
    expect(found.filter((off) => off !== 0)).to.deep.equal([])
    expect(found.length).to.be.greaterThan(0)
    const retiredLines = lines.filter(({ event }) => event === 'day-retired')
    expect(retiredLines.map((line) => [line['day'], line['rows']])).to.deep.equal([
      [droppedDays[0], 3],
      [droppedDays[1], 2],
      [droppedDays[2], 1],
    ])
    const kept = (await days()).length
    const metrics = await until('the metrics show the dropped days', async () => {
      const now = await tenant.metrics()
      const ofDays = [now.get('telemetry_rows_retired'), now.get('telemetry_days_kept')]
      return ofDays[0] === 6 && ofDays[1] === kept && now
    })
    expect(metrics.get('telemetry_days_bytes')).to.be.greaterThan(8_192)
  })

  it('keeps the day of the oldest accepted reading, and two more days', async () => {
    const today = Math.floor(Date.now() / dayMs) * dayMs
    const kept = [30, 31, 32].map((ago) => today - ago * dayMs)
    await storeLongAgo([longAgo])
    await tenant.startConsumer({ now: () => today - 30 * dayMs + 1 })
    await produceAt(kept, 'KEPT')
    await untilCount('the readings are stored', () => tenant.countRows(), 4)
    await tenant.stopConsumer()
    await tenant.startConsumer()
    await until('the old day is dropped', async () => (await retired()).length === 1)
    const names = kept.map((time) => dayOf(time).replaceAll('-', ''))
    expect(await days()).to.deep.equal(names.reverse())
  })

  it('writes a dead letter for a reading that expired while it waited, and stores the others', async () => {
    await tenant.startProducer()
    await produceAt([longAgo, Date.now(), longAgo + 1], 'LATE')
    await tenant.startConsumer()
    const account = await until('all records are settled', async () => {
      const now = await tenant.account()
      return now.settled === 3 && now
    })
    expect(account).to.include({ stored: 1, deadLettered: 2 })
    const letters = await tenant.sql<{ code: string; detail: string; value: string }>(
      "select code, detail, convert_from(record_value, 'UTF8') as value from dead_letter order by record_offset",
    )
    expect(letters.map(({ code }) => code)).to.deep.equal(['expired', 'expired'])
    expect(letters[0]?.detail).to.match(
      new RegExp(
        `^The retention period of ${dayOf(longAgo)} is over. The oldest day that is kept is \\S+\\.$`,
      ),
    )
    expect(JSON.parse(letters[0]?.value ?? '')).to.include({ vin: 'LATE', sequence: 0 })
    const [log] = await tenant.sql<{ id: number }>('select max(id) as id from event_log')
    expect(await receiptStatus(tenant, `${log?.id ?? 0}-0-0`)).to.equal('dead-lettered')
  })

  it('writes a dead letter for a reading of a closed day, and continues', async () => {
    await storeLongAgo([longAgo])
    await tenant.sql('select close_day($1)', [dayOf(longAgo)])
    // The day is closed, but not past the retention by this consumer's clock, and it is not
    // dropped.
    const other = await connect()
    await other.query(takeHousekeepingLock)
    await tenant.startConsumer({ now: () => longAgo })
    await produceAt([longAgo + 1, longAgo + dayMs], 'SHUT')
    const account = await until('all records are settled', async () => {
      const now = await tenant.account()
      return now.settled === 3 && now
    })
    expect(account).to.include({ stored: 2, deadLettered: 1 })
    const [letter] = await tenant.sql<{ code: string; detail: string }>(
      'select code, detail from dead_letter',
    )
    expect(letter?.code).to.equal('refused-by-database')
    expect(letter?.detail).to.match(/violates check constraint "day_closed"/)
  })

  it('adds to the row count of a day that is dropped a second time', async () => {
    await storeLongAgo([longAgo, longAgo + 1])
    await tenant.startConsumer()
    await until('the day is dropped', async () => (await retired()).length === 1)
    await tenant.stopConsumer()
    await produceAt([longAgo + 2], 'AGAIN')
    await tenant.startConsumer({ now: () => longAgo })
    await untilCount('the day exists again', () => tenant.countRows(), 1)
    await tenant.stopConsumer()
    await tenant.startConsumer()
    await untilCount('the day is dropped again', () => tenant.countRows(), 0)
    expect(await retired()).to.deep.equal([{ day: dayOf(longAgo), row_count: 3 }])
  })

  it('continues to store while a reader blocks the drop of a day, and drops it afterwards', async () => {
    await storeLongAgo([longAgo])
    const reader = await connect()
    await reader.query('begin; lock table only diag in access share mode')
    await tenant.startProducer()
    await tenant.startConsumer()
    await using traffic = sendTraffic(tenant, 'BESIDE')
    await until('the day is closed', isClosed)
    const before = await tenant.countRows()
    await until('new rows are stored', async () => (await tenant.countRows()) > before + 500)
    expect(await retired()).to.deep.equal([])
    await reader.query('commit')
    await until('the day is dropped', async () => (await retired()).length === 1)
    const { refused } = await traffic.stop()
    expect(refused).to.equal(0)
  })

  it('is completed by the next consumer if one stopped between closing and dropping a day', async () => {
    await storeLongAgo([longAgo, longAgo + 1])
    const reader = await connect()
    await reader.query('begin; lock table only diag in access share mode')
    const victim = await tenant.startConsumer()
    await until('the day is closed', isClosed)
    await tenant.stop(victim)
    // Postgres ends a query of a lost client after at most 2 s. Without the reader's lock its drop would run before.
    await untilNoSession()
    await reader.query('commit')
    expect(await tenant.countRows()).to.equal(2)
    expect(await retired()).to.deep.equal([])
    const stopWatching = watchAccount(tenant)
    await tenant.startConsumer({ retireAfterMs: 3_600_000 })
    await until('the day is dropped', async () => (await retired()).length === 1)
    expect(await retired()).to.deep.equal([{ day: dayOf(longAgo), row_count: 2 }])
    const found = await stopWatching()
    expect(found.filter((off) => off !== 0)).to.deep.equal([])
  })

  it('drops no day if a clock is wrong for a short time', async () => {
    await produceAt([Date.now()])
    const { logger, lines } = captureLog()
    let ahead = 0
    await tenant.startConsumer({
      now: () => Date.now() + ahead,
      retireAfterMs: 60_000,
      consumerLogger: logger,
    })
    await untilCount('the reading is stored', () => tenant.countRows(), 1)
    ahead = 60 * dayMs
    const overdue = async () => (await tenant.metrics()).get('telemetry_days_overdue')
    await until('the day is overdue', async () => (await overdue()) === 1)
    await until('the housekeeping has run', async () =>
      (await sessions()).some(({ waiting }) => !waiting),
    )
    ahead = 0
    await until('the day is no longer overdue', async () => (await overdue()) === 0)
    expect(await isClosed()).to.equal(false)
    expect(await tenant.countRows()).to.equal(1)
    expect(lines.filter(({ event }) => event === 'day-retired')).to.deep.equal([])
  })

  it('runs in one consumer at a time', async () => {
    await storeLongAgo([longAgo])
    const other = await connect()
    await other.query(takeHousekeepingLock)
    await tenant.startConsumer()
    await until('the housekeeping has counted the days', async () => {
      const metrics = await tenant.metrics()
      return metrics.get('telemetry_days_kept') === 1
    })
    expect(await isClosed()).to.equal(false)
    await other.query('select pg_advisory_unlock(7243002)')
    await until('the day is dropped', async () => (await retired()).length === 1)
  })

  it('does not delay the shutdown, and leaves no query running', async () => {
    await storeLongAgo([longAgo])
    const blocker = await connect()
    await blocker.query(
      'begin; lock table diag_' + dayOf(longAgo).replaceAll('-', '') + ' in access exclusive mode',
    )
    await blocker.query('lock table only account_check in access exclusive mode')
    await tenant.startProducer()
    await tenant.startConsumer()
    await until('a query waits for a lock', async () =>
      (await sessions()).some(({ waiting }) => waiting),
    )
    const since = Date.now()
    await tenant.stopConsumer()
    expect(Date.now() - since).to.be.lessThan(15_000)
    await untilNoSession()
    await blocker.query('rollback')
  })

  it('stores readings of all kept days in any order', async () => {
    await tenant.startProducer()
    await tenant.startConsumer()
    const times = [0, 29, 3, 17, 1].map((ago) => new Date(Date.now() - ago * dayMs).toISOString())
    const readings = times.map((time) => readingJson('ANY', time))
    const { body } = await postJson(tenant, readings)
    expect(body).to.include({ accepted: times.length })
    await untilCount('all readings are stored', () => tenant.countRows(), times.length)
    expect(await days()).to.have.length(times.length)
    expect((await postJson(tenant, manyReadings(10, 'MORE'))).status).to.equal(202)
  })
})
