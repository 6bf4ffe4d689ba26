import { expect } from 'chai'
import { secretNames } from '../../infra/topology/placement.ts'
import { until } from '../support/until.ts'
import { brokersOf } from './brokers.ts'
import { expectAllStored, expectFlow } from './expectations.ts'
import { recoverySeconds } from './faults.ts'
import { harness } from './harness-stack.ts'
import { Load } from './load.ts'
import './engine-hooks.ts'
import { passwordsOf } from './passwords.ts'
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

describe('platform that keeps its data and grows from one broker to three, by the harness', function () {
  this.timeout(900_000)
  let platform: TestPlatform
  let passwords: string[]
  const log = () => platform.sql('select id, cluster_id from event_log')
  let logBefore: string[]

  before(async () => {
    platform = await TestPlatform.create(harness, ['postgres.keepData=true'])
  })

  after(async () => {
    await platform[Symbol.asyncDispose]()
  })

  async function expectNewReadingsStored(): Promise<void> {
    await using load = new Load(platform)
    await expectFlow(platform)
    await expectAllStored(platform, load)
  }

  it('leaves only its volumes after destroy', async () => {
    await platform.up()
    await expectNewReadingsStored()
    passwords = await passwordsOf(platform)
    logBefore = await log()
    await platform.stack.destroy()
    const secrets = secretNames.map((name) => `secret-${name}`).sort()
    const volumes = ['kafka-0', 'postgres-0', 'roads', ...secrets, 'zookeeper-0']
    expect(await platform.remains()).to.deep.equal(volumes)
  })

  it('uses them again after the next up: rows, log and passwords', async () => {
    await platform.up()
    expect(await log()).to.deep.equal(logBefore)
    expect(logBefore.length).to.equal(1)
    expect(await passwordsOf(platform)).to.deep.equal(passwords)
    await expectNewReadingsStored()
  })

  it('keeps the existing readings and the log when it grows', async () => {
    await platform.up(...threeOfEach)
    await expectNewReadingsStored()
    expect(await log()).to.deep.equal(logBefore)
    const brokers = brokersOf(platform.config)
    await until('all replicas are in sync', () => brokers.areInSync(3), recoverySeconds)
  })

  it('refuses an up with fewer servers', async () => {
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
  })

  it('leaves nothing after destroy when the configuration no longer keeps the data', async () => {
    await platform.up(...threeOfEach, 'postgres.keepData=false')
    await platform.stack.destroy()
    expect(await platform.remains()).to.deep.equal([])
  })
})
