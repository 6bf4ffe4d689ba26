import { expect } from 'chai'
import { manyReadings, postJson, readingJson, receiptStatus } from '../../support/http-client.ts'
import { sharedServers } from '../../support/servers.ts'
import { Tenant } from '../../support/tenant.ts'
import { until, untilCount } from '../../support/until.ts'

describe('Transactions of other producers on the topic', function () {
  this.timeout(60_000)
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

  const receiptsOf = async (prefix: string) => {
    const answer = await postJson(tenant, manyReadings(50, prefix))
    expect(answer.status).to.equal(202)
    return answer.body['receipts'] as string[]
  }
  const statuses = (receipts: readonly string[]) =>
    Promise.all(receipts.map((receipt) => receiptStatus(tenant, receipt)))
  const untilAllStored = (receipts: readonly string[]) =>
    until('all receipts have the status stored', async () =>
      (await statuses(receipts)).every((status) => status === 'stored'),
    )
  const untilCounterIs = (count: number) =>
    until(`the counter is ${count}`, async () => {
      const text = await (await fetch(`${tenant.url}/events`)).text()
      return text.includes(`: ${count}`)
    })
  const inEveryPartition = (vin: string) =>
    Array.from({ length: tenant.config.kafka.partitions }, (_, partition) => ({
      partition,
      value: JSON.stringify(readingJson(`${vin}-${partition}`)),
    }))

  it('delay nothing while they are open: receipts, counter and lag go on', async () => {
    const foreign = inEveryPartition('OPEN')
    await using transaction = await tenant.directChanges.openTransaction(foreign)
    const receipts = await receiptsOf('BESIDE')
    // The receipts of readings that no consumer has read yet are known, too.
    expect(await statuses(receipts)).not.to.include('404')
    await untilAllStored(receipts)
    await untilCounterIs(receipts.length + foreign.length)
    const account = await tenant.account()
    expect(account).to.include({ stored: receipts.length + foreign.length, withoutRecord: 0 })
    await until('no record is in flight according to the metrics', async () => {
      const metrics = await tenant.metrics()
      const settled = metrics.get('telemetry_account_settled_offsets{pipeline="readings"}')
      const inFlight = metrics.get('telemetry_account_in_flight_offsets{pipeline="readings"}')
      return settled === receipts.length + foreign.length && inFlight === 0
    })
    await transaction.abort()
  })

  it('count as in flight while no consumer reads them', async () => {
    await tenant.stopConsumer()
    const foreign = inEveryPartition('OPEN')
    await using transaction = await tenant.directChanges.openTransaction(foreign)
    const receipts = await receiptsOf('BESIDE')
    expect(new Set(await statuses(receipts))).to.deep.equal(new Set(['queued']))
    await transaction.abort()
  })

  it('that are aborted leave records like any other: each becomes a row or a dead letter', async () => {
    const readings = inEveryPartition('ABORTED')
    await tenant.directChanges.produceAndAbort([...readings, { partition: 0, value: 'no reading' }])
    const receipts = await receiptsOf('AFTER')
    await untilAllStored(receipts)
    await untilCount('rows', () => tenant.countRows(), receipts.length + readings.length)
    const account = await tenant.account()
    expect(account).to.include({ stored: receipts.length + readings.length, deadLettered: 1 })
  })

  it('may not be open for longer than a minute: the broker refuses a longer timeout', async () => {
    const refused = await tenant.directChanges.openTransaction([], 60_001).then(
      () => undefined,
      (error: unknown) => error as { type?: string },
    )
    expect(refused?.type).to.equal('INVALID_TRANSACTION_TIMEOUT')
  })
})
