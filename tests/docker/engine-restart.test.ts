import { expectAllStored, expectFlow } from './expectations.ts'
import { untilHealthy } from './faults.ts'
import { harness } from './harness-stack.ts'
import { Load } from './load.ts'
import { theEngine } from './machine.ts'
import { TestPlatform } from './test-platform.ts'

const title = 'an engine that is restarted (only one of the tests: AV_TELEMETRY_OWN_ENGINE=true)'

describe(title, function () {
  this.timeout(300_000)
  let platform: TestPlatform

  before(async function () {
    if (!theEngine().owned) this.skip()
    platform = await TestPlatform.create(harness)
    await platform.up()
  })

  after(async () => {
    if (theEngine().owned) await platform[Symbol.asyncDispose]()
  })

  it('restarts the platform automatically without losing readings', async () => {
    await using load = new Load(platform)
    await expectFlow(platform)
    await theEngine().restart()
    await expectFlow(platform)
    for (const name of ['kafka-0', 'consumer-0', 'producer-0', 'ingress-0']) {
      await untilHealthy(platform, name)
    }
    await expectAllStored(platform, load)
  })
})
