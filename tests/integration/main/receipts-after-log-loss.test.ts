import { expect } from 'chai'
import { manyReadings, postJson, readingJson, receiptStatus } from '../../support/http-client.ts'
import { sharedServers } from '../../support/servers.ts'
import { Tenant } from '../../support/tenant.ts'
import { until, untilCount } from '../../support/until.ts'

describe('Receipts after Kafka has lost the topic while the services run', function () {
  this.timeout(120_000)
  let tenant: Tenant

  before(async () => {
    tenant = await Tenant.create(await sharedServers(), ['kafka.partitions=1'])
    await tenant.startProducer()
    await tenant.startConsumer()
  })

  after(() => tenant[Symbol.asyncDispose]())

  it('are right, or say that the outcome is unknown', async () => {
    const twice = readingJson('TWICE')
    for (const reading of [twice, twice, readingJson('ONCE')]) await postJson(tenant, reading)
    await until('three are settled', async () => (await tenant.account()).settled === 3)
    const receipts = ['1-0-0', '1-0-1', '1-0-2', '1-0-3']
    const statuses = () => Promise.all(receipts.map((receipt) => receiptStatus(tenant, receipt)))
    expect(await statuses()).to.deep.equal(['stored', 'duplicate', 'stored', '404'])

    await tenant.directChanges.recreateTopic(1)
    const readings = manyReadings(4, 'AFTER')
    const answer = await until('the producer reaches the new topic', async () => {
      const response = await postJson(tenant, readings)
      return response.status === 202 && response
    })
    // The producer does not know yet that the log is another one.
    expect(answer.body['receipts']).to.deep.equal(receipts)
    await untilCount('all readings are stored', () => tenant.countRows(), 6)
    expect(await statuses()).to.deep.equal(['stored', 'unknown', 'stored', 'unknown'])
  })
})
