import { expect } from 'chai'
import { manyReadings, postJson } from '../../support/http-client.ts'
import { captureLog } from '../../support/captured-log.ts'
import { sharedServers } from '../../support/servers.ts'
import { Tenant } from '../../support/tenant.ts'
import { until } from '../../support/until.ts'

describe('Account check', function () {
  this.timeout(90_000)
  let tenant: Tenant
  const { logger, lines } = captureLog()
  const total = 300

  before(async () => {
    tenant = await Tenant.create(await sharedServers())
    await tenant.startProducer()
    const readings = manyReadings(total, 'CHECK')
    await postJson(tenant, readings)
    await postJson(tenant, readings.slice(0, 20))
    await tenant.directChanges.produce([{ partition: 0, key: 'k', value: 'no reading' }])
    await tenant.startConsumer({ consumerLogger: logger })
    await until(
      'all records are settled',
      async () => (await tenant.account()).settled === total + 21,
    )
  })

  after(async () => {
    await tenant[Symbol.asyncDispose]()
  })

  const checks = () =>
    tenant.sql<{ row_imbalance: number; ledger_imbalance: number }>(
      'select row_imbalance::int, ledger_imbalance::int from account_check order by checked_at',
    )

  /** Makes the next check due immediately, and waits for it. */
  async function checkAgain() {
    const { length } = await checks()
    await tenant.sql("update account_check set checked_at = checked_at - interval '61 minutes'")
    return until('the next check is done', async () => {
      const now = await checks()
      return now.length > length && now.at(-1)
    })
  }

  const viewedAt = 'telemetry_account_view_timestamp_seconds{pipeline="readings"}'
  const imbalance = async (of: 'rows' | 'ledgers') =>
    (await tenant.metrics()).get(`telemetry_account_imbalance{pipeline="readings",of="${of}"}`)

  it('reports a balanced account in the table and as a metric', async () => {
    expect(await checkAgain()).to.deep.equal({ row_imbalance: 0, ledger_imbalance: 0 })
    await until('the metric exists', async () => (await imbalance('rows')) === 0)
    expect(await imbalance('ledgers')).to.equal(0)
    expect(lines.filter(({ level }) => level === 'error')).to.deep.equal([])
  })

  it('is not repeated within one hour, also after a restart of the consumer', async () => {
    await tenant.stopConsumer()
    const before = await checks()
    await tenant.startConsumer({ consumerLogger: logger })
    await until('the consumer has read the last check', async () => (await imbalance('rows')) === 0)
    // When the view is refreshed a second time, the first housekeeping round is over.
    const first = (await tenant.metrics()).get(viewedAt) ?? 0
    await until('the view was refreshed', async () => {
      const now = await tenant.metrics()
      return (now.get(viewedAt) ?? 0) > first
    })
    expect(await checks()).to.deep.equal(before)
  })

  it('reports a deleted row as a metric and as an error log line with advice', async () => {
    const [row] = await tenant.sql<{ vin: string }>(
      'delete from diag where sequence = 7 returning vin',
    )
    expect(row?.vin).to.equal('CHECK-7')
    expect(await checkAgain()).to.deep.equal({ row_imbalance: -1, ledger_imbalance: 0 })
    await until('the metric shows the imbalance', async () => (await imbalance('rows')) === -1)
    const [errorLine, ...more] = lines.filter(({ level }) => level === 'error')
    expect(more).to.deep.equal([])
    expect(errorLine).to.include({
      event: 'account-unbalanced',
      rows: total - 1,
      stored: total,
      rowImbalance: -1,
    })
    expect(errorLine?.['advice']).to.be.a('string')
  })

  it('reports the partition of a ledger that lost offsets', async () => {
    await tenant.sql('update partition_ledger set dead_lettered = 0 where partition = 0')
    expect(await checkAgain()).to.deep.equal({ row_imbalance: -1, ledger_imbalance: 1 })
    await until('the metric shows the imbalance', async () => (await imbalance('ledgers')) === 1)
    const errorLine = lines.findLast(({ level }) => level === 'error')
    const [{ id } = { id: 0 }] = await tenant.sql<{ id: number }>(
      'select max(id) as id from event_log',
    )
    expect(errorLine?.['partitions']).to.deep.equal([{ log: id, partition: 0, off: 1 }])
  })

  it('exports the ledger as metrics, per partition and in total, with the offsets in flight', async () => {
    await tenant.stopConsumer()
    await postJson(tenant, manyReadings(50, 'FLIGHT'))
    await tenant.startConsumer()
    const metrics = await until('all readings are settled', async () => {
      const now = await tenant.metrics()
      const settled = now.get('telemetry_account_settled_offsets{pipeline="readings"}')
      return settled === total + 71 && now
    })
    expect(metrics.get('telemetry_account_offsets{pipeline="readings",outcome="stored"}')).to.equal(
      total + 50,
    )
    expect(
      metrics.get('telemetry_account_offsets{pipeline="readings",outcome="duplicate"}'),
    ).to.equal(20)
    expect(metrics.get('telemetry_account_in_flight_offsets{pipeline="readings"}')).to.equal(0)
    const ledgers = await tenant.sql<{ log_id: number; partition: number; stored: number }>(
      'select log_id, partition, stored::int from partition_ledger order by partition',
    )
    expect(ledgers).to.have.length(tenant.config.kafka.partitions)
    for (const { log_id, partition, stored } of ledgers) {
      const labels = `pipeline="readings",log="${log_id}",partition="${partition}"`
      const name = `telemetry_ledger_offsets{${labels},outcome="stored"}`
      expect(metrics.get(name), name).to.equal(stored)
      expect(metrics.get(`telemetry_ledger_in_flight_offsets{${labels}}`)).to.equal(0)
    }
  })
})
