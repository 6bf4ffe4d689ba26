import { chmodSync, cpSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { root } from '../../scripts/platform/paths.ts'
import { until } from '../support/until.ts'
import { harness } from './harness-stack.ts'
import './engine-hooks.ts'
import { TestPlatform } from './test-platform.ts'
import { runCommand } from './vehicles.ts'

describe('declared pipelines in containers', function () {
  this.timeout(300_000)
  let platform: TestPlatform

  before(async () => {
    platform = await TestPlatform.create(harness)
    // The folder of the test is closed to other users. The worker is another user.
    const folder = join(platform.folder, 'own-pipelines')
    chmodSync(platform.folder, 0o755)
    mkdirSync(folder)
    cpSync(join(root, 'docs', 'examples', 'classifieds'), folder, { recursive: true })
    await platform.up(`worker.folder=${folder}`)
  })

  after(async () => {
    await platform[Symbol.asyncDispose]()
  })

  it('store the example of classified advertisements: five records, four rows', async () => {
    await until('the worker has created the topic, and the records are sent', async () => {
      return (await runCommand(platform, 'examples', 'classifieds')).exitCode === 0
    })
    await until(
      'the rows are stored',
      async () => (await platform.sql('select count(*) from classifieds'))[0] === '4',
      60,
    )
    const outcomes = await platform.sql(
      `select sum(stored), sum(updated) from partition_ledger where pipeline = 'classifieds'`,
    )
    expect(outcomes).to.deep.equal(['4|1'])
  })
})
