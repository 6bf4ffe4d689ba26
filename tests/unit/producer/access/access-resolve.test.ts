import { expect } from 'chai'
import type { AccessOptions, Caller } from '../../../../services/producer/access/access.ts'
import { encodeDevice, encodeMarker } from '../../../../services/telemetry/devices/device.ts'
import { aDevice, anAccess, aRegistry } from '../../../support/an-access.ts'

const token = 'a/b%token'
const anonymous: Caller = { kind: 'anonymous', hasToken: false }

describe('Access.resolve', () => {
  const van = aDevice({ vin: 'VAN-12', aliases: ['phone 7'] })
  const truck = aDevice({ vin: 'TRUCK' })
  const registry = aRegistry([van, truck])
  const callerOf = (vin: string): Caller => {
    const tokenHash = aDevice({ vin }).tokenHash ?? ''
    return { kind: 'device', token, vin, tokenHash, limitKey: `device/${vin}` }
  }

  function resolve(
    caller: Caller,
    ids: readonly (string | undefined)[],
    options: Partial<AccessOptions> = {},
  ) {
    const counted: string[] = []
    const onRefused = (why: string) => void counted.push(why)
    const resolution = anAccess({ registry: () => registry, onRefused, ...options }).resolve(
      caller,
      ids,
    )
    if (resolution.kind === 'allowed') return resolution.vins
    expect(counted).to.have.length(1)
    return [resolution.problem.status, counted[0]]
  }

  it('stores the readings of a device under its vin, also with an alias or without an id', () => {
    const ids = ['VAN-12', 'phone 7', undefined]
    expect(resolve(callerOf('VAN-12'), ids)).to.deep.equal(['VAN-12', 'VAN-12', 'VAN-12'])
  })

  for (const id of ['TRUCK', 'NEW']) {
    it(`refuses a batch in which a device names ${id}`, () => {
      const ids = ['VAN-12', id]
      expect(resolve(callerOf('VAN-12'), ids)).to.deep.equal([403, 'other-vehicle'])
    })
  }

  it('refuses a device whose token was revoked after the request was admitted', () => {
    const revoked = aRegistry([van])
    const { key, value } = encodeDevice({ ...van, revision: 2, tokenHash: null })
    revoked.apply(key, value)
    const resolution = resolve(callerOf('VAN-12'), ['VAN-12'], { registry: () => revoked })
    expect(resolution).to.deep.equal([401, 'token-required'])
  })

  it('lets the platform report as every vehicle, and stores aliases under the vin', () => {
    const ids = ['VAN-12', 'phone 7', 'NEW', undefined]
    expect(resolve({ kind: 'platform', token }, ids)).to.deep.equal([
      'VAN-12',
      'VAN-12',
      'NEW',
      undefined,
    ])
  })

  it('without a token accepts only vehicles that are not in the registry', () => {
    expect(resolve(anonymous, ['NEW'])).to.deep.equal(['NEW'])
    for (const id of ['VAN-12', 'phone 7'])
      expect(resolve(anonymous, ['NEW', id])).to.deep.equal([401, 'token-required'])
  })

  it('ask: refuses an unknown vehicle without a token, and reports that it waits', () => {
    const waiting: string[] = []
    const onWaiting = (id: string) => void waiting.push(id)
    const resolution = resolve(anonymous, ['NEW'], { unknown: 'ask', onWaiting })
    expect(resolution).to.deep.equal([403, 'unknown-vehicle'])
    resolve(anonymous, ['VAN-12'], { unknown: 'ask', onWaiting })
    expect(waiting).to.deep.equal(['NEW'])
  })

  it('ask-if-new: asks on a new platform, and accepts if there were readings before devices', () => {
    const options = { unknown: 'ask-if-new' } as const
    expect(resolve(anonymous, ['NEW'], options)).to.deep.equal([403, 'unknown-vehicle'])
    const before = aRegistry([van])
    const { key, value } = encodeMarker({ registryId: 'r', count: 0, acceptsUnknown: true })
    before.apply(key, value)
    const registry = () => before
    expect(resolve(anonymous, ['NEW'], { ...options, registry })).to.deep.equal(['NEW'])
  })
})
