import { expectAllStored, expectFlow } from './expectations.ts'
import { untilHealthy } from './faults.ts'
import { harness } from './harness-stack.ts'
import { Load } from './load.ts'
import { sharedEngine } from './engine-hooks.ts'
import { TestPlatform } from './test-platform.ts'

const title =
  'engine restart (only on an engine that the tests started: AV_TELEMETRY_OWN_ENGINE=true)'

describe(title, function () {
  this.timeout(300_000)
  let platform: TestPlatform

  before(async function () {
    if (!sharedEngine().owned) this.skip()
    platform = await TestPlatform.create(harness)
    await platform.up()
  })

  after(async () => {
    if (sharedEngine().owned) await platform[Symbol.asyncDispose]()
  })

  it('restarts the platform automatically without losing readings', async () => {
    await using load = new Load(platform)
    await expectFlow(platform)
    await sharedEngine().restart()
    await expectFlow(platform)
    for (const name of ['kafka-0', 'consumer-0', 'producer-0', 'ingress-0']) {
      await untilHealthy(platform, name)
    }
    await expectAllStored(platform, load)
  })
})
