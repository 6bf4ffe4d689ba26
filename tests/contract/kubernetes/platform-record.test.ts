import { expect } from 'chai'
import { completeConfig } from '../../../infra/config/recorded-config.ts'
import { declarePlatform, imageOf } from './declared-platform.ts'

describe('the record of a platform on Kubernetes', () => {
  it('has the configuration and the image of the vehicles, for commands', async () => {
    const { config, object } = await declarePlatform({ kafka: { topic: 'recorded' } })
    const { data } = object('ConfigMap', 'platform') as unknown as {
      readonly data: Readonly<Record<'config' | 'vehicleImage' | 'imagePlatform', string>>
    }
    expect(completeConfig(JSON.parse(data.config))).to.deep.equal(config)
    expect(config.kafka.topic).to.equal('recorded')
    expect(data.vehicleImage).to.equal(imageOf('fleet'))
    expect(data.imagePlatform).to.equal('linux/arm64')
  })

  it('goes with the platform, also if its data stays', async () => {
    const { isKept } = await declarePlatform({ postgres: { keepData: true } })
    expect(isKept('ConfigMap', 'platform')).to.equal(false)
    expect(isKept('Namespace', 'av-telemetry')).to.equal(true)
  })
})
