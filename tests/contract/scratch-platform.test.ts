import { expect } from 'chai'
import { ConfigError } from '../../infra/config/config.ts'
import { masterConfig } from '../../scripts/platform/paths.ts'
import { scratchConfig } from '../../scripts/platform/scratch-platform.ts'
import { configWithSpare } from '../../scripts/targets/local/platform-under-test.ts'

describe('configuration of a temporary platform', () => {
  it('disables the rate limit per client, because all requests come from one client', async () => {
    const limit = 'ingress.maxReadingsPerSecondPerClient=500'
    const { ingress } = await scratchConfig(masterConfig, [limit])
    expect(ingress.maxReadingsPerSecondPerClient).to.equal(0)
  })

  it("can have more instances than fit between the user's ports", async () => {
    const { consumer } = await configWithSpare(
      masterConfig,
      ['consumer.opsHostPort=5500'],
      'consumer',
    )
    expect(consumer.instances).to.equal(2)
    const next = ['producer.opsHostPort=5400']
    const { producer } = await scratchConfig(masterConfig, next, ['producer.instances=2'])
    expect(producer.instances).to.equal(2)
  })

  it('has a spare instance even when the user has configured the maximum', async () => {
    const settings = ['consumer.instances=64']
    const { consumer } = await configWithSpare(masterConfig, settings, 'consumer')
    expect(consumer.instances).to.equal(64)
  })

  it('has a spare instance only of the given role', async () => {
    const { consumer, worker } = await configWithSpare(masterConfig, [], 'worker')
    expect([consumer.instances, worker.instances]).to.deep.equal([1, 2])
  })

  it("is refused when the user's configuration is invalid", async () => {
    const same = ['consumer.opsHostPort=5501']
    const refusal = await scratchConfig(masterConfig, same).catch((error: unknown) => error)
    expect(refusal).to.be.instanceOf(ConfigError)
    expect((refusal as ConfigError).faults.map(({ path }) => path)).to.deep.equal([
      'dashboard.opsHostPort',
    ])
  })
})
