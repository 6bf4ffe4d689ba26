import { expect } from 'chai'
import type { ServicePlan } from '../../../infra/topology/service-plan.ts'
import { manyReadings, postJson } from '../../support/http-client.ts'
import type { Servers } from '../../support/servers.ts'
import { changedServers, startServers } from '../../support/servers.ts'
import { Tenant } from '../../support/tenant.ts'
import { untilCount } from '../../support/until.ts'

/** A majority of servers is ready after two or three seconds. */
const quorumTimeoutMs = 6_000

const isNewServer = ({ role, instance }: ServicePlan) => role === 'zookeeper' && instance > 0

describe('a ZooKeeper ensemble that grows from one server to three', function () {
  this.timeout(120_000)
  let servers: Servers
  let grown: Servers
  let tenantSettings: readonly string[]
  let logsBefore: object[]

  const logsOf = (tenant: Tenant) => tenant.sql('select * from event_log')

  /** Posts a thousand readings and waits until there are `rows` rows in total. */
  async function expectStored(tenant: Tenant, prefix: string, rows: number): Promise<void> {
    await tenant.startProducer()
    await tenant.startConsumer()
    expect((await postJson(tenant, manyReadings(1_000, prefix))).status).to.equal(202)
    await untilCount('the readings are stored', () => tenant.countRows(), rows)
  }

  before(async () => {
    servers = await startServers()
    await using tenant = await Tenant.create(servers)
    const { postgres, kafka } = tenant.config
    tenantSettings = [`postgres.database=${postgres.database}`, `kafka.topic=${kafka.topic}`]
    await expectStored(tenant, 'ONE', 1_000)
    logsBefore = await logsOf(tenant)
  })

  before(async () => {
    await servers.platform.stop()
    grown = await changedServers(servers, ['zookeeper.instances=3'])
  })

  after(async () => {
    await grown[Symbol.asyncDispose]()
    await servers[Symbol.asyncDispose]()
  })

  it('serves no requests until the server that has the data has started', async () => {
    const [zooKeeperStage = []] = grown.platform.stages
    const newServers = zooKeeperStage.filter(isNewServer)
    const signal = AbortSignal.timeout(quorumTimeoutMs)
    const isServing = await grown.platform.startStage(newServers, signal).then(
      () => true,
      () => false,
    )
    expect({ isServing, timedOut: signal.aborted }).to.deep.equal({
      isServing: false,
      timedOut: true,
    })
  })

  it('continues with the same topic and log after all servers have started', async () => {
    const [zooKeeperStage = [], nextStage = []] = grown.platform.stages
    const { signal } = new AbortController()
    await grown.platform.startStage(
      zooKeeperStage.filter((plan) => !isNewServer(plan)),
      signal,
    )
    await grown.platform.startStage(nextStage, signal)
    await using tenant = await Tenant.create(grown, tenantSettings)
    await expectStored(tenant, 'THREE', 2_000)
    expect(await logsOf(tenant)).to.deep.equal(logsBefore)
    expect(logsBefore).to.have.length(1)
  })
})
