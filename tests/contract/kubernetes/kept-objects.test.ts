import { expect } from 'chai'
import { declarePlatform, platforms } from './declared-platform.ts'
import type { SecretObject, WithPods } from './object-types.ts'

describe('Kubernetes objects with postgres.keepData', () => {
  const tokens = { token: 'clear token' }
  const create = (keptPasswords: Readonly<Record<string, string>> = {}) =>
    declarePlatform({ postgres: { keepData: true } }, { keptPasswords, tokens })

  it('stay when the platform is destroyed: namespace, passwords and claims', async () => {
    const { isKept, object } = await create()
    expect(isKept('Namespace', 'av-telemetry')).to.equal(true)
    expect(isKept('Secret', 'secret-owner')).to.equal(true)
    const { spec } = object('StatefulSet', 'postgres-0') as WithPods
    expect(spec.persistentVolumeClaimRetentionPolicy).to.deep.equal({
      whenDeleted: 'Retain',
      whenScaled: 'Retain',
    })
  })

  it('do not stay if they are tokens of the user', async () => {
    const { isKept } = await create()
    expect(isKept('Secret', 'secret-token')).to.equal(false)
  })

  it('use a kept password again', async () => {
    const { object } = await create({ owner: 'of the destroyed platform' })
    const passwordOf = (name: string) => (object('Secret', name) as SecretObject).stringData.secret
    expect(passwordOf('secret-owner')).to.equal('of the destroyed platform')
    expect(passwordOf('secret-writer')).to.equal('clear password-writer')
  })

  it('do not stay without postgres.keepData, apart from the claims, which the namespace takes along', async () => {
    const { isKept, object } = await platforms['default platform']()
    expect(isKept('Namespace', 'av-telemetry')).to.equal(false)
    expect(isKept('Secret', 'secret-owner')).to.equal(false)
    const { spec } = object('StatefulSet', 'postgres-0') as WithPods
    expect(spec.persistentVolumeClaimRetentionPolicy).to.deep.include({ whenDeleted: 'Retain' })
  })
})
