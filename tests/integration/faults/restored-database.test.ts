import { expect } from 'chai'
import { sleep } from '../../../services/runtime/retry.ts'
import { manyReadings, postJson, receiptStatus } from '../../support/http-client.ts'
import { captureLog } from '../../support/captured-log.ts'
import { sharedServers } from '../../support/servers.ts'
import { Tenant } from '../../support/tenant.ts'
import { until } from '../../support/until.ts'

/** How many readings are stored before the copy is made, and after it. */
const [before, after] = [60, 40]

describe('a database that is restored from a copy', function () {
  this.timeout(60_000)
  let tenant: Tenant

  beforeEach(async () => {
    tenant = await Tenant.create(await sharedServers())
    await tenant.startProducer()
    await tenant.startConsumer()
  })

  afterEach(() => tenant[Symbol.asyncDispose]())

  /** @returns their receipts, once each is settled */
  async function store(count: number, prefix: string, settled: number): Promise<string[]> {
    const { status, body } = await postJson(tenant, manyReadings(count, prefix))
    expect(status).to.equal(202)
    await until('all are settled', async () => (await tenant.account()).settled === settled)
    return body['receipts'] as string[]
  }

  const copied = ['partition_ledger', 'diag']

  async function copy(): Promise<void> {
    for (const table of copied) await tenant.sql(`create table copy_of_${table} as table ${table}`)
  }

  async function restore(): Promise<void> {
    for (const table of copied) {
      await tenant.sql(`delete from ${table}`)
      await tenant.sql(`insert into ${table} select * from copy_of_${table}`)
    }
  }

  it('is given what Kafka still has, also of vehicles that report no more', async () => {
    await store(before, 'EARLY', before)
    await copy()
    const receipts = await store(after, 'LATE', before + after)
    await tenant.stopConsumer()
    await restore()
    expect((await tenant.account()).settled).to.equal(before)

    const { logger, lines } = captureLog()
    await tenant.startConsumer({ consumerLogger: logger })
    await until('all are settled again', async () => {
      return (await tenant.account()).settled === before + after
    })
    expect(await tenant.account()).to.include({ stored: before + after, duplicate: 0, expired: 0 })
    expect(await tenant.countRows()).to.equal(before + after)
    for (const receipt of receipts) expect(await receiptStatus(tenant, receipt)).to.equal('stored')
    expect(lines.filter(({ event }) => event === 'ledger-behind-group')).to.not.have.length(0)
  })

  it('is given it while the consumers run, too', async () => {
    await store(before, 'EARLY', before)
    await copy()
    await store(after, 'LATE', before + after)
    // The group is told once a second.
    await sleep(1_500)
    await restore()
    await until('all are settled again', async () => {
      return (await tenant.account()).settled === before + after
    })
    expect(await tenant.countRows()).to.equal(before + after)
    await store(1, 'NEXT', before + after + 1)
  })

  it('is given all that Kafka still has where there was no copy', async () => {
    await store(before, 'EARLY', before)
    await tenant.stopConsumer()
    for (const table of copied) await tenant.sql(`delete from ${table}`)
    await tenant.startConsumer()
    await until('all are settled again', async () => (await tenant.account()).settled === before)
    expect(await tenant.countRows()).to.equal(before)
  })

  it('is not what a consumer takes one for that has everything', async () => {
    await store(before, 'EARLY', before)
    await tenant.stopConsumer()
    const { logger, lines } = captureLog()
    await tenant.startConsumer({ consumerLogger: logger })
    await store(after, 'LATE', before + after)
    const events = lines.map(({ event }) => event)
    expect(events).to.include('group-joined').and.not.include('ledger-behind-group')
  })
})
