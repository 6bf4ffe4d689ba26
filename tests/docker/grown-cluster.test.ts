import { expect } from 'chai'
import { until } from '../support/until.ts'
import { BrokersView } from './brokers-view.ts'
import { expectAllStored, expectFlow } from './expectations.ts'
import { harness } from './harness-stack.ts'
import { Load } from './load.ts'
import './machine.ts'
import { TestPlatform } from './test-platform.ts'

describe('one broker that becomes three, by the harness', function () {
  this.timeout(300_000)
  let platform: TestPlatform
  const logs = () => platform.sql('select id, cluster_id from event_log')

  before(async () => {
    platform = await TestPlatform.create(harness)
    await platform.up()
  })

  after(async () => {
    await platform[Symbol.asyncDispose]()
  })

  it('goes on with the readings and the log of before', async () => {
    await using early = new Load(platform)
    await expectFlow(platform)
    await expectAllStored(platform, early)
    const before = await logs()
    await platform.up(
      ...['zookeeper.instances=3', 'kafka.instances=3'],
      ...['kafka.replicationFactor=3', 'kafka.minInsyncReplicas=2'],
    )
    await using late = new Load(platform)
    await expectFlow(platform)
    await expectAllStored(platform, late)
    expect(await logs()).to.deep.equal(before)
    expect(before.length).to.equal(1)
    const brokers = new BrokersView(platform.config)
    await until('all replicas are in sync', () => brokers.areInSync(3), 90)
  })
})
