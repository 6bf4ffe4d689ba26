import { expect } from 'chai'
import { expectAllStored, expectFlow } from './expectations.ts'
import { harness } from './harness-stack.ts'
import { Load } from './load.ts'
import './engine-hooks.ts'
import { passwordsOf } from './passwords.ts'
import { TestPlatform } from './test-platform.ts'

describe('kept data, by the harness', function () {
  this.timeout(300_000)
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

  it('leaves only its volumes after destroy', async () => {
    await platform.up()
    await using load = new Load(platform)
    await expectFlow(platform)
    await expectAllStored(platform, load)
    passwords = await passwordsOf(platform)
    logBefore = await log()
    await platform.stack.destroy()
    const secrets = ['operator', 'owner', 'reader', 'worker', 'writer'].map(
      (name) => `secret-${name}`,
    )
    const volumes = ['kafka-0', 'postgres-0', 'roads', ...secrets, 'zookeeper-0']
    expect(await platform.remains()).to.deep.equal(volumes)
  })

  it('is used again after the next up: rows, log and passwords', async () => {
    await platform.up()
    expect(await log()).to.deep.equal(logBefore)
    expect(logBefore.length).to.equal(1)
    expect(await passwordsOf(platform)).to.deep.equal(passwords)
    await using load = new Load(platform)
    await expectFlow(platform)
    await expectAllStored(platform, load)
  })

  it('is removed when the configuration no longer keeps it', async () => {
    await platform.up('postgres.keepData=false')
    await platform.stack.destroy()
    expect(await platform.remains()).to.deep.equal([])
  })
})
