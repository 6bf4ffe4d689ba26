import { expect } from 'chai'
import { postJson, readingJson } from '../../support/http-client.ts'
import { sharedServers } from '../../support/servers.ts'
import { Tenant } from '../../support/tenant.ts'
import { untilCount } from '../../support/until.ts'

describe('View latest_position', () => {
  let tenant: Tenant
  const now = Date.now()
  const ago = (milliseconds: number) => new Date(now - milliseconds).toISOString()
  const day = 86_400_000

  before(async function () {
    this.timeout(90_000)
    tenant = await Tenant.create(await sharedServers())
    await tenant.startProducer()
    await tenant.startConsumer()
  })

  after(async () => {
    await tenant[Symbol.asyncDispose]()
  })

  let rows = 0
  /** Stores each reading with its own request, so that they arrive in this order. */
  async function store(...readings: object[]): Promise<void> {
    for (const reading of readings) await postJson(tenant, reading)
    rows += readings.length
    await untilCount('the readings are stored', () => tenant.countRows(), rows)
  }
  const at = (vin: string, time: string, more: object) => ({ ...readingJson(vin, time), ...more })
  const latest = (vin: string) =>
    tenant.sql<{ recorded_at: Date; sequence: number; speed: number }>(
      'select recorded_at, sequence, speed from latest_position where vin = $1',
      [vin],
    )

  it('is empty if there are no readings', async () => {
    expect(await tenant.sql('select from latest_position')).to.deep.equal([])
  })

  it('contains the reading with the latest vehicle time, not the last one to arrive', async () => {
    await store(
      at('LATE', ago(20_000), { speed: 1 }),
      at('LATE', ago(10_000), { speed: 2 }),
      at('LATE', ago(15_000), { speed: 3 }),
    )
    const [row, ...more] = await latest('LATE')
    expect(row).to.include({ speed: 2 })
    expect(row?.recorded_at.toISOString()).to.equal(ago(10_000))
    expect(more).to.deep.equal([])
  })

  it('finds the latest reading on any day, independent of the order of arrival', async () => {
    await store(
      at('DAYS', ago(3 * day), { speed: 3 }),
      at('DAYS', ago(20 * day), { speed: 20 }),
      at('DAYS', ago(12 * day), { speed: 12 }),
    )
    expect((await latest('DAYS'))[0]).to.include({ speed: 3 })
    await store(at('DAYS', ago(1 * day), { speed: 1 }), at('DAYS', ago(2 * day), { speed: 2 }))
    expect((await latest('DAYS'))[0]).to.include({ speed: 1 })
  })

  it('contains the highest sequence among readings with equal times', async () => {
    const time = ago(5_000)
    await store(
      at('EQUAL', time, { sequence: 9, speed: 9 }),
      at('EQUAL', time, { sequence: 10, speed: 10 }),
      at('EQUAL', time, { sequence: 8, speed: 8 }),
    )
    expect((await latest('EQUAL'))[0]).to.include({ sequence: 10, speed: 10 })
  })

  it('has one row per vehicle and all columns of the table of readings', async () => {
    await store(at('0', ago(1_000), { speed: 5 }), at('zz-9', ago(1_000), { speed: 6 }))
    const all = await tenant.sql<{ vin: string }>('select vin from latest_position order by vin')
    const vehicles = await tenant.sql<{ vin: string }>('select distinct vin from diag order by vin')
    expect(all).to.deep.equal(vehicles)
    const columns = (relation: string) =>
      tenant.sql(
        'select column_name from information_schema.columns where table_name = $1 order by 1',
        [relation],
      )
    expect(await columns('latest_position')).to.deep.equal(await columns('diag'))
  })

  it('has a comment on each column', async () => {
    const comments = await tenant.sql<{ comment: string | null }>(
      `select col_description('latest_position'::regclass, attnum) as comment from pg_attribute
       where attrelid = 'latest_position'::regclass and attnum > 0`,
    )
    expect(comments).to.have.length(13)
    for (const { comment } of comments) expect(comment).to.be.a('string')
  })

  it('is read from the primary key indexes without a sort', async () => {
    await tenant.sql('set enable_seqscan = off')
    const plan = await tenant.sql<{ 'QUERY PLAN': string }>('explain select * from latest_position')
    await tenant.sql('reset enable_seqscan')
    const text = plan.map((line) => line['QUERY PLAN']).join('\n')
    expect(text).to.match(/Index Only Scan using diag_\d{8}_pkey/)
    expect(text).to.not.match(/-> +Sort|Seq Scan/)
  })
})
