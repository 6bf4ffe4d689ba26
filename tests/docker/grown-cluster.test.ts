import { expect } from 'chai'
import { until } from '../support/until.ts'
import { BrokersView } from './brokers-view.ts'
import { expectAllStored, expectFlow } from './expectations.ts'
import { harness } from './harness-stack.ts'
import { Load } from './load.ts'
import './engine-hooks.ts'
import { StackError } from './run-stack-program.ts'
import { TestPlatform } from './test-platform.ts'

const oneOfEach = [
  'zookeeper.instances=1',
  'kafka.instances=1',
  'kafka.replicationFactor=1',
  'kafka.minInsyncReplicas=1',
]
const threeOfEach = [
  'zookeeper.instances=3',
  'kafka.instances=3',
  'kafka.replicationFactor=3',
  'kafka.minInsyncReplicas=2',
]

describe('platform that grows from one broker to three, by the harness', function () {
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

  it('keeps the existing readings and the log', async () => {
    await using early = new Load(platform)
    await expectFlow(platform)
    await expectAllStored(platform, early)
    const before = await logs()
    await platform.up(...threeOfEach)
    await using late = new Load(platform)
    await expectFlow(platform)
    await expectAllStored(platform, late)
    expect(await logs()).to.deep.equal(before)
    expect(before.length).to.equal(1)
    const brokers = new BrokersView(platform.config)
    await until('all replicas are in sync', () => brokers.areInSync(3), 90)
  })

  it('refuses an up with fewer servers, and removes all servers on destroy', async () => {
    const before = await platform.remains()
    const error: unknown = await platform.up(...oneOfEach).catch((reason: unknown) => reason)
    expect(error).to.be.instanceOf(StackError)
    const { message } = error as StackError
    expect(message).to.match(
      / has data of 3 kafka servers, but kafka\.instances is 1\. Set it to 3, or /,
    )
    expect(message).to.match(
      / has data of 3 zookeeper servers, but zookeeper\.instances is 1\. Set it to 3, or /,
    )
    expect(await platform.remains()).to.deep.equal(before)
    await platform.stack.destroy()
    expect(await platform.remains()).to.deep.equal([])
  })
})
