import { expect } from 'chai'
import { manyReadings, postJson, receiptStatus } from '../../support/http-client.ts'
import { captureLog } from '../../support/captured-log.ts'
import { sharedServers } from '../../support/servers.ts'
import { Tenant } from '../../support/tenant.ts'
import { until } from '../../support/until.ts'

/** The number of readings stored before and after the backup. */
const [before, after] = [60, 40]

describe('consumer after a database restore', function () {
  this.timeout(120_000)
  let tenant: Tenant

  beforeEach(async () => {
    tenant = await Tenant.create(await sharedServers())
    await tenant.startProducer()
    await tenant.startConsumer()
  })

  afterEach(() => tenant[Symbol.asyncDispose]())

  /** Posts readings, waits until they are settled and returns their receipts. */
  async function store(count: number, prefix: string, settled: number): Promise<string[]> {
    const { status, body } = await postJson(tenant, manyReadings(count, prefix))
    expect(status).to.equal(202)
    await until(
      'all readings are settled',
      async () => (await tenant.account()).settled === settled,
    )
    return body['receipts'] as string[]
  }

  const tables = ['partition_ledger', 'diag']

  async function backUp(): Promise<void> {
    for (const table of tables)
      await tenant.sql(`create table backup_of_${table} as table ${table}`)
  }

  async function restore(): Promise<void> {
    for (const table of tables) {
      await tenant.sql(`delete from ${table}`)
      await tenant.sql(`insert into ${table} select * from backup_of_${table}`)
    }
  }

  it('stores the readings that Kafka still has, even of vehicles that no longer report', async () => {
    await store(before, 'EARLY', before)
    await backUp()
    const receipts = await store(after, 'LATE', before + after)
    await tenant.stopConsumer()
    await restore()
    expect((await tenant.account()).settled).to.equal(before)

    const { logger, lines } = captureLog()
    await tenant.startConsumer({ consumerLogger: logger })
    await until('all readings are settled again', async () => {
      return (await tenant.account()).settled === before + after
    })
    expect(await tenant.account()).to.include({ stored: before + after, duplicate: 0, expired: 0 })
    expect(await tenant.countRows()).to.equal(before + after)
    for (const receipt of receipts) expect(await receiptStatus(tenant, receipt)).to.equal('stored')
    expect(lines.filter(({ event }) => event === 'ledger-behind-group')).to.not.have.length(0)
  })

  it('stores the readings that Kafka still has if the restore happens while it runs', async () => {
    await store(before, 'EARLY', before)
    await backUp()
    await store(after, 'LATE', before + after)
    await until('the group has committed all', async () => {
      return (await tenant.directChanges.countCommitted()) === before + after
    })
    await restore()
    await until('all readings are settled again', async () => {
      return (await tenant.account()).settled === before + after
    })
    expect(await tenant.countRows()).to.equal(before + after)
    await store(1, 'NEXT', before + after + 1)
  })

  it('stores all readings that Kafka still has if the database is empty', async () => {
    await store(before, 'EARLY', before)
    await tenant.stopConsumer()
    for (const table of tables) await tenant.sql(`delete from ${table}`)
    await tenant.startConsumer()
    await until(
      'all readings are settled again',
      async () => (await tenant.account()).settled === before,
    )
    expect(await tenant.countRows()).to.equal(before)
  })

  it('does not detect a restore if the database is complete', async () => {
    await store(before, 'EARLY', before)
    await tenant.stopConsumer()
    const { logger, lines } = captureLog()
    await tenant.startConsumer({ consumerLogger: logger })
    await store(after, 'LATE', before + after)
    const events = lines.map(({ event }) => event)
    expect(events).to.include('group-joined').and.not.include('ledger-behind-group')
  })
})
