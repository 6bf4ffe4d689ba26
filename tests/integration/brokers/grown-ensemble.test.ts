import { expect } from 'chai'
import type { ServicePlan } from '../../../infra/topology/service-plan.ts'
import { manyReadings, postJson } from '../../support/http-client.ts'
import type { Servers } from '../../support/servers.ts'
import { changedServers, startServers } from '../../support/servers.ts'
import { Tenant } from '../../support/tenant.ts'
import { untilCount } from '../../support/until.ts'

/** Milliseconds; servers that are a majority serve after two or three seconds. */
const longEnough = 6_000

const isEmpty = ({ role, instance }: ServicePlan) => role === 'zookeeper' && instance > 0

describe('one ZooKeeper that becomes three', function () {
  this.timeout(120_000)
  let servers: Servers
  let grown: Servers
  let own: readonly string[]
  let logBefore: object[]

  const logsOf = (tenant: Tenant) => tenant.sql('select * from event_log')

  /** Posts a thousand readings, and waits until there are `rows` in all. */
  async function expectFlow(tenant: Tenant, prefix: string, rows: number): Promise<void> {
    await tenant.startProducer()
    await tenant.startConsumer()
    expect((await postJson(tenant, manyReadings(1_000, prefix))).status).to.equal(202)
    await untilCount('they are stored', () => tenant.countRows(), rows)
  }

  before(async () => {
    servers = await startServers()
    await using tenant = await Tenant.create(servers)
    const { postgres, kafka } = tenant.config
    own = [`postgres.database=${postgres.database}`, `kafka.topic=${kafka.topic}`]
    await expectFlow(tenant, 'ONE', 1_000)
    logBefore = await logsOf(tenant)
  })

  before(async () => {
    await servers.platform.stop()
    grown = await changedServers(servers, ['zookeeper.instances=3'])
  })

  after(async () => {
    await grown[Symbol.asyncDispose]()
    await servers[Symbol.asyncDispose]()
  })

  it('serves nobody without the one that has the data, while that is slow', async () => {
    const [first = []] = grown.platform.stages
    const empty = first.filter(isEmpty)
    const signal = AbortSignal.timeout(longEnough)
    const serves = await grown.platform.startStage(empty, signal).then(
      () => true,
      () => false,
    )
    expect({ serves, waitedInVain: signal.aborted }).to.deep.equal({
      serves: false,
      waitedInVain: true,
    })
  })

  it('goes on with the topic and the log of before', async () => {
    const [first = [], second = []] = grown.platform.stages
    const { signal } = new AbortController()
    await grown.platform.startStage(
      first.filter((plan) => !isEmpty(plan)),
      signal,
    )
    await grown.platform.startStage(second, signal)
    await using tenant = await Tenant.create(grown, own)
    await expectFlow(tenant, 'THREE', 2_000)
    expect(await logsOf(tenant)).to.deep.equal(logBefore)
    expect(logBefore).to.have.length(1)
  })
})
