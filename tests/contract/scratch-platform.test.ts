import { expect } from 'chai'
import { ConfigError } from '../../infra/config/config.ts'
import { masterConfig } from '../../scripts/platform/paths.ts'
import { scratchConfig } from '../../scripts/platform/scratch-platform.ts'
import { configWithSpare } from '../../scripts/verify/local-platform.ts'

describe('the configuration of a platform of a command', () => {
  it('limits no client, as all its clients are one', async () => {
    const limit = 'ingress.maxReadingsPerSecondPerClient=500'
    const { ingress } = await scratchConfig(masterConfig, [limit])
    expect(ingress.maxReadingsPerSecondPerClient).to.equal(0)
  })

  it("has more instances than fit between the user's ports", async () => {
    const { consumer } = await configWithSpare(masterConfig, ['consumer.opsHostPort=5500'])
    expect(consumer.instances).to.equal(2)
    const next = ['producer.opsHostPort=5400']
    const { producer } = await scratchConfig(masterConfig, next, ['producer.instances=2'])
    expect(producer.instances).to.equal(2)
  })

  it('has a spare consumer also where the user has the most that there can be', async () => {
    const { consumer } = await configWithSpare(masterConfig, ['consumer.instances=64'])
    expect(consumer.instances).to.equal(64)
  })

  it("is refused where the user's own is not right", async () => {
    const same = ['consumer.opsHostPort=5501']
    const refusal = await scratchConfig(masterConfig, same).catch((error: unknown) => error)
    expect(refusal).to.be.instanceOf(ConfigError)
    expect((refusal as ConfigError).faults.map(({ path }) => path)).to.deep.equal([
      'dashboard.opsHostPort',
    ])
  })
})
