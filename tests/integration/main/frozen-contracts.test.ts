import { database } from '../../support/contracts/database.ts'
import { expectFrozen } from '../../support/contracts/frozen.ts'
import { refusals } from '../../support/contracts/refusals.ts'
import { sharedServers } from '../../support/servers.ts'
import { Tenant } from '../../support/tenant.ts'
import { until } from '../../support/until.ts'

const testFile = 'tests/integration/main/frozen-contracts.test.ts'

describe('Public contracts of running services match the snapshot', function () {
  this.timeout(90_000)
  let tenant: Tenant

  before(async () => {
    tenant = await Tenant.create(await sharedServers())
  })

  after(async () => {
    await tenant[Symbol.asyncDispose]()
  })

  it('database: tables, columns, views, keys, indexes, functions and rights', async () => {
    expectFrozen('database', await database(tenant), testFile)
  })

  it('HTTP: status, title and detail of each refusal', async () => {
    await tenant.startProducer()
    await tenant.startDashboard()
    const isConnected = async () => (await fetch(`${tenant.url}/events`)).status === 200
    await until('the producer is connected to Kafka', isConnected)
    expectFrozen('http-refusals', await refusals(tenant), testFile)
  })
})
