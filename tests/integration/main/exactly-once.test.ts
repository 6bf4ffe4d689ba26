import { expect } from 'chai'
import { manyReadings, postJson, readingJson, receiptStatus } from '../../support/http-client.ts'
import { sharedServers } from '../../support/servers.ts'
import { Tenant } from '../../support/tenant.ts'
import { until, untilCount } from '../../support/until.ts'

describe('Storing each reading exactly once', () => {
  let tenant: Tenant

  beforeEach(async function () {
    this.timeout(90_000)
    tenant = await Tenant.create(await sharedServers())
    await tenant.startProducer()
    await tenant.startConsumer()
  })

  afterEach(async () => {
    await tenant[Symbol.asyncDispose]()
  })

  const settled = (count: number) =>
    until(`${count} records are settled`, async () => {
      const account = await tenant.account()
      return account.settled === count && account
    })

  it('stores 1,000 readings once when they are posted twice, and returns 202 to both requests', async () => {
    const readings = manyReadings(1_000, 'TWICE')
    const first = await postJson(tenant, readings)
    await settled(1_000)
    const second = await postJson(tenant, readings)
    expect([first.status, second.status]).to.deep.equal([202, 202])
    const account = await settled(2_000)
    expect(account).to.include({ stored: 1_000, duplicate: 1_000, deadLettered: 0 })
    expect(await tenant.countRows()).to.equal(1_000)
    const [stored] = first.body['receipts'] as string[]
    const [duplicate] = second.body['receipts'] as string[]
    expect([
      await receiptStatus(tenant, stored),
      await receiptStatus(tenant, duplicate),
    ]).to.deep.equal(['stored', 'duplicate'])
  })

  it('stores a reading once if one request contains it twice', async () => {
    const reading = readingJson('SAME')
    await postJson(tenant, [reading, reading])
    const account = await settled(2)
    expect(account).to.include({ stored: 1, duplicate: 1 })
  })

  it('recognizes the same time in different formats as a duplicate', async () => {
    const seconds = Math.floor(Date.now() / 1000)
    const iso = new Date(seconds * 1000).toISOString()
    await postJson(tenant, { ...readingJson('CLOCK'), timestamp: iso })
    await postJson(tenant, { ...readingJson('CLOCK'), timestamp: seconds })
    const account = await settled(2)
    expect(account).to.include({ stored: 1, duplicate: 1 })
  })

  it('writes a dead letter key-conflict for an existing key with different content', async () => {
    const reading = readingJson('CONFLICT')
    await postJson(tenant, reading)
    await settled(1)
    const other = await postJson(tenant, { ...reading, speed: 1 })
    expect(other.status).to.equal(202)
    const account = await settled(2)
    expect(account).to.include({ stored: 1, duplicate: 0, deadLettered: 1 })
    const letters = await tenant.sql<{ code: string; value: string }>(
      `select code, convert_from(record_value, 'UTF8') as value from dead_letter`,
    )
    expect(letters.map(({ code }) => code)).to.deep.equal(['key-conflict'])
    expect(JSON.parse(letters[0]?.value ?? '')).to.include({ vin: 'CONFLICT', speed: 1 })
    const [receipt] = other.body['receipts'] as string[]
    expect(await receiptStatus(tenant, receipt)).to.equal('dead-lettered')
    const [row] = await tenant.sql<{ speed: number }>('select speed from diag')
    expect(row?.speed).to.equal(12.25)
  })

  it('writes records that are not readings to dead_letter with their bytes, and continues', async () => {
    const bytes = Buffer.from([0x00, 0xff, 0x7b, 0x22])
    const farAhead = '9999-12-31T23:59:59Z'
    const partition = 0
    await tenant.directChanges.produce([
      { partition, key: 'k', value: bytes, headers: { 'x-odd': Buffer.from([0, 1]) } },
      { partition, key: null, value: null },
      { partition, value: '{"vin":"OLD"}', headers: { 'schema-version': '99' } },
      { partition, value: JSON.stringify({ ...readingJson('FOREIGN'), speed: 9_999 }) },
      {
        partition,
        value: JSON.stringify(readingJson('FUTURE', farAhead)),
        headers: { 'received-at': farAhead },
      },
      { partition, key: 'FOREIGN', value: JSON.stringify(readingJson('FOREIGN')) },
    ])
    const account = await settled(6)
    expect(account).to.include({ stored: 1, deadLettered: 5 })
    const letters = await tenant.sql<{
      code: string
      record_value: Buffer
      record_headers: unknown
    }>('select code, record_value, record_headers from dead_letter order by record_offset')
    expect(letters.map(({ code }) => code)).to.deep.equal([
      'unreadable-record',
      'unreadable-record',
      'unknown-schema-version',
      'out-of-range',
      'time-too-far-ahead',
    ])
    expect(letters[0]?.record_value).to.deep.equal(bytes)
    expect(letters[0]?.record_headers).to.deep.equal([['x-odd', 'AAE=']])
    expect(await tenant.countRows()).to.equal(1)
  })

  it('stores records with header names like constructor and toString', async () => {
    const headers = Object.fromEntries([
      ['constructor', 'a'],
      ['toString', 'b'],
    ])
    await tenant.directChanges.produce([
      { partition: 0, value: JSON.stringify(readingJson('ODD')), headers },
    ])
    await postJson(tenant, manyReadings(10, 'AFTER'))
    const account = await settled(11)
    expect(account).to.include({ stored: 11, deadLettered: 0 })
  })

  it('continues after a large aborted transaction of another producer', async function () {
    this.timeout(60_000)
    const value = Buffer.alloc(700_000, 'x')
    await tenant.directChanges.produceAndAbort(
      Array.from({ length: 4 }, () => ({ partition: 0, value })),
    )
    await tenant.directChanges.produce([
      { partition: 0, value: JSON.stringify(readingJson('AFTER')) },
    ])
    await untilCount('the reading after it is stored', () => tenant.countRows(), 1)
    const account = await tenant.account()
    expect(account).to.include({ stored: 1, deadLettered: 4, withoutRecord: 1 })
  })

  it('writes a dead letter for a row that an additional unique index refuses', async () => {
    await tenant.sql('create unique index one_an_instant on diag (vin, recorded_at)')
    const timestamp = new Date().toISOString()
    const twice = [1, 2].map((sequence) => ({ ...readingJson('INDEX', timestamp), sequence }))
    await postJson(tenant, [...twice, ...manyReadings(20, 'BESIDE')])
    const account = await settled(22)
    expect(account).to.include({ stored: 21, deadLettered: 1 })
    const [letter] = await tenant.sql<{ code: string; detail: string }>(
      'select code, detail from dead_letter',
    )
    expect(letter?.code).to.equal('refused-by-database')
    expect(letter?.detail).to.match(/unique constraint/)
  })

  it('counts records that the log lost before they were read as expired, also in their receipts', async () => {
    await postJson(tenant, manyReadings(60, 'READ'))
    await settled(60)
    await tenant.stopConsumer()
    const lost = await postJson(tenant, manyReadings(90, 'LOST'))
    await tenant.directChanges.deleteRecords()
    await postJson(tenant, manyReadings(30, 'LATER'))
    await tenant.startConsumer()
    const account = await settled(180)
    expect(account).to.include({ stored: 90, expired: 90, duplicate: 0, deadLettered: 0 })
    expect(await tenant.countRows()).to.equal(90)
    const receipts = lost.body['receipts'] as string[]
    for (const receipt of [receipts.at(0), receipts.at(-1)]) {
      expect(await receiptStatus(tenant, receipt)).to.equal('expired')
    }
  })

  it('returns the receipt status expired for a record of a deleted topic that was never read', async function () {
    this.timeout(60_000)
    await tenant.stopConsumer()
    const { body } = await postJson(tenant, readingJson('UNREAD'))
    const [receipt] = body['receipts'] as string[]
    expect(await receiptStatus(tenant, receipt)).to.equal('queued')
    await tenant.recreateTopic()
    expect(await receiptStatus(tenant, receipt)).to.equal('expired')
    for (const number of [2, 3]) {
      expect(await receiptStatus(tenant, receipt?.replace(/^1-/, `${number}-`))).to.equal('404')
    }
  })

  it('writes a dead letter for the one row of a batch that the database refuses', async () => {
    await tenant.sql(`alter table diag add constraint slow check (speed < 100)`)
    const readings = manyReadings(200, 'SLOW').map((reading, index) =>
      index === 77 ? { ...reading, speed: 250 } : reading,
    )
    await postJson(tenant, readings)
    const account = await settled(200)
    expect(account).to.include({ stored: 199, deadLettered: 1 })
    const letters = await tenant.sql<{ code: string; detail: string }>(
      'select code, detail from dead_letter',
    )
    expect(letters.map(({ code }) => code)).to.deep.equal(['refused-by-database'])
    expect(letters[0]?.detail).to.match(/violates check constraint "slow"/)
  })
})
