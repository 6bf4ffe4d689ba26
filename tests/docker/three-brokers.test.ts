import { expect } from 'chai'
import { until } from '../support/until.ts'
import type { BrokersView } from '../support/brokers-view.ts'
import { brokersOf } from './brokers.ts'
import { expectAcknowledgements, expectAllStored, expectFlow } from './expectations.ts'
import { crash, recoverySeconds, start, stop, untilHealthy } from './faults.ts'
import { harness } from './harness-stack.ts'
import { Load } from './load.ts'
import './engine-hooks.ts'
import type { Outputs } from './stack.ts'
import { TestPlatform } from './test-platform.ts'

const settings = [
  'zookeeper.instances=3',
  'kafka.instances=3',
  'kafka.replicationFactor=3',
  'kafka.minInsyncReplicas=2',
  'producer.instances=2',
  'consumer.instances=2',
]
const brokerNames = ['kafka-0', 'kafka-1', 'kafka-2']

describe('platform with three brokers, by the harness', function () {
  this.timeout(900_000)
  let platform: TestPlatform
  let outputs: Outputs
  let brokers: BrokersView

  before(async () => {
    platform = await TestPlatform.create(harness, settings)
    outputs = await platform.up()
    brokers = brokersOf(platform.config)
  })

  after(async () => {
    await platform[Symbol.asyncDispose]()
  })

  async function expectInSync(): Promise<void> {
    await until('all replicas are in sync', () => brokers.areInSync(3), recoverySeconds)
  }

  it('promises to accept readings with one broker down', async () => {
    expect(outputs.guarantee[2]).to.equal(
      'Each record is on 3 brokers and acknowledged by at least 2. Readings are still accepted with one broker down.',
    )
    await using load = new Load(platform)
    await expectFlow(platform)
    await expectInSync()
    await expectAllStored(platform, load)
  })

  it('loses no readings when brokers are killed one after another', async () => {
    await using load = new Load(platform)
    for (const server of brokerNames) {
      await crash(platform, server)
      await expectFlow(platform)
      await expectInSync()
    }
    await expectAllStored(platform, load)
  })

  it('accepts readings while one broker is stopped, and loses none', async () => {
    await using load = new Load(platform)
    for (const server of brokerNames) {
      await stop(platform, server)
      await expectAcknowledgements(platform)
      expect(await brokers.areInSync(3)).to.equal(false)
      await expectFlow(platform)
      await start(platform, server)
      await expectInSync()
    }
    await expectAllStored(platform, load)
  })

  it('accepts readings while one ZooKeeper server is stopped', async () => {
    await using load = new Load(platform)
    for (const server of ['zookeeper-0', 'zookeeper-1', 'zookeeper-2']) {
      await stop(platform, server)
      await expectFlow(platform)
      await start(platform, server)
      await untilHealthy(platform, server)
    }
    await expectInSync()
    await expectAllStored(platform, load)
  })
})
