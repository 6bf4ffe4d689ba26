import { expect } from 'chai'
import fc from 'fast-check'
import { changeDevice, repairOf } from '../../../../services/telemetry/devices/change-device.ts'
import type { Device, KeyAndValue } from '../../../../services/telemetry/devices/device.ts'
import { encodeDevice, encodeMarker } from '../../../../services/telemetry/devices/device.ts'
import { DeviceRegistry } from '../../../../services/telemetry/devices/device-registry.ts'
import { aDevice, aMarker, aRegistry } from '../../../support/an-access.ts'

const apply = (registry: DeviceRegistry, device: Device) => {
  const { key, value } = encodeDevice(device)
  return registry.apply(key, value)
}

/** What Kafka keeps of a compacted topic: the last record of each key. */
function compacted(log: readonly KeyAndValue[]): KeyAndValue[] {
  return log.filter(({ key }, at) => !log.slice(at + 1).some((later) => later.key === key))
}

function fold(log: readonly KeyAndValue[]): DeviceRegistry {
  const registry = new DeviceRegistry()
  for (const { key, value } of log) registry.apply(key, value)
  return registry
}

const standing = (registry: DeviceRegistry) =>
  [...registry.devices()]
    .sort((a, b) => (a.vin < b.vin ? -1 : 1))
    .map(({ revision: _, ...rest }) => rest)

describe('DeviceRegistry', () => {
  it('finds a device by its vin, its aliases and its token', () => {
    const van = aDevice({ aliases: ['phone 7'] })
    const registry = aRegistry([van])
    expect(registry.find('VAN-12')).to.deep.equal(van)
    expect(registry.find('phone 7')).to.deep.equal(van)
    expect(registry.findByToken(van.tokenHash ?? '')).to.deep.equal(van)
    expect(registry.find('TRUCK')).to.equal(undefined)
  })

  it('of two records that were written at the same time, the first one stands', () => {
    const registry = aRegistry([aDevice()])
    expect(apply(registry, aDevice({ revision: 2, tokenHash: null }))).to.equal('stands')
    expect(apply(registry, aDevice({ revision: 2, name: 'Van 12' }))).to.equal('stale')
    expect(registry.find('VAN-12')).to.include({ tokenHash: null, name: 'VAN-12', revision: 2 })
  })

  it('a vin or alias belongs to the device that has it first', () => {
    const registry = aRegistry([aDevice({ vin: 'A', aliases: ['shared'] })])
    expect(apply(registry, aDevice({ vin: 'B', aliases: ['shared'] }))).to.equal('id-taken')
    expect(apply(registry, aDevice({ vin: 'shared' }))).to.equal('id-taken')
    expect(apply(registry, aDevice({ vin: 'B', aliases: ['A'] }))).to.equal('id-taken')
    expect(registry.find('shared')?.vin).to.equal('A')
  })

  it('a token belongs to one device', () => {
    const { tokenHash } = aDevice({ vin: 'A' })
    const registry = aRegistry([aDevice({ vin: 'A' })])
    expect(apply(registry, aDevice({ vin: 'B', tokenHash }))).to.equal('token-taken')
  })

  it('after a change or a removal, the old token and aliases are free', () => {
    const van = aDevice({ aliases: ['phone 7'] })
    const registry = aRegistry([van])
    apply(registry, aDevice({ revision: 2, tokenHash: 'new', aliases: ['phone 8'] }))
    expect(registry.findByToken(van.tokenHash ?? '')).to.equal(undefined)
    expect(registry.find('phone 7')).to.equal(undefined)
    apply(registry, aDevice({ revision: 3, tokenHash: null, aliases: [], removed: true }))
    expect([registry.find('VAN-12'), registry.find('phone 8')]).to.deep.equal([
      undefined,
      undefined,
    ])
    expect(registry.size).to.equal(1)
    expect(apply(registry, aDevice({ vin: 'B', aliases: ['VAN-12'] }))).to.equal('stands')
  })

  it('is complete after the marker and as many devices as it counts', () => {
    const registry = new DeviceRegistry()
    apply(registry, aDevice())
    expect(registry.isComplete).to.equal(false)
    const marker = { registryId: 'r', count: 2, acceptsUnknown: true }
    registry.apply(encodeMarker(marker).key, encodeMarker(marker).value)
    expect([registry.marker, registry.isComplete]).to.deep.equal([marker, false])
    apply(registry, aDevice({ vin: 'B' }))
    expect(registry.isComplete).to.equal(true)
  })

  for (const [what, key, value] of [
    ['no value', 'VAN-12', undefined],
    ['no JSON', 'VAN-12', '{'],
    ['another key', 'TRUCK', encodeDevice(aDevice()).value],
    ['a name with a line break', 'VAN-12', encodeDevice(aDevice({ name: 'a\nb' })).value],
    ['no vin', ' ', encodeDevice(aDevice({ vin: ' ' })).value],
  ] as const) {
    it(`ignores a record with ${what}`, () => {
      const registry = aRegistry([aDevice()])
      expect(registry.apply(key, value)).to.equal('unreadable')
      expect(registry.find('VAN-12')).to.deep.equal(aDevice())
    })
  }

  it('after the repair of void records, a reader of the compacted topic sees the same devices', () => {
    const vin = fc.constantFrom('A', 'B', 'C')
    const id = fc.constantFrom('A', 'B', 'C', 'x', 'y')
    const record = fc.record({
      vin,
      aliases: fc.uniqueArray(id, { maxLength: 2 }),
      /** How many revisions the writer has missed. */
      behind: fc.integer({ min: 0, max: 1 }),
      removed: fc.boolean(),
    })
    fc.assert(
      fc.property(fc.array(record, { maxLength: 12 }), (records) => {
        const registry = aRegistry()
        const log: KeyAndValue[] = [aMarker()]
        const append = (device: Device) => {
          log.push(encodeDevice(device))
          apply(registry, device)
        }
        for (const { vin: of, aliases, behind, removed } of records) {
          const revision = Math.max(1, (registry.record(of)?.revision ?? 0) + 1 - behind)
          const own = removed ? [] : aliases.filter((alias) => alias !== of)
          append(aDevice({ vin: of, aliases: own, revision, removed, tokenHash: null }))
          for (const broken of [...registry.overwritten]) append(repairOf(registry, broken))
        }
        expect(registry.overwritten.size).to.equal(0)
        expect(standing(fold(compacted(log)))).to.deep.equal(standing(registry))
      }),
    )
  })

  it('without the repair, a reader of the compacted topic would see another device', () => {
    const log = [
      aDevice(),
      aDevice({ revision: 2, tokenHash: null }),
      aDevice({ revision: 2, name: 'Van 12' }),
    ].map(encodeDevice)
    expect(standing(fold(compacted(log)))).to.not.deep.equal(standing(fold(log)))
  })
})

describe('changeDevice', () => {
  const add = {
    kind: 'add',
    vin: 'VAN-12',
    name: 'Van 12',
    aliases: ['phone 7'],
    tokenHash: 'h',
  } as const
  const change = (registry: DeviceRegistry, what: Parameters<typeof changeDevice>[1]) => {
    const changed = changeDevice(registry, what, 5)
    return changed.kind === 'device' ? changed.device : changed.refusal
  }

  it('adds a device, and adds a removed one again with the next revision', () => {
    expect(change(aRegistry(), add)).to.deep.equal({
      ...{ vin: 'VAN-12', revision: 1, name: 'Van 12', aliases: ['phone 7'], tokenHash: 'h' },
      ...{ createdAt: 5, changedAt: 5, removed: false },
    })
    const removed = aRegistry([aDevice({ revision: 4, removed: true, tokenHash: null })])
    expect(change(removed, add)).to.include({ revision: 5, removed: false })
  })

  it('refuses a vin or alias that a device has', () => {
    expect(change(aRegistry([aDevice()]), add)).to.equal('exists')
    expect(change(aRegistry([aDevice({ vin: 'phone 7' })]), add)).to.deep.include({ revision: 1 })
    expect(change(aRegistry([aDevice({ vin: 'B', aliases: ['phone 7'] })]), add)).to.equal(
      'id-taken',
    )
    expect(change(aRegistry([aDevice({ vin: 'B', aliases: ['VAN-12'] })]), add)).to.equal(
      'id-taken',
    )
  })

  it('adds and removes an alias, and refuses one that another device has', () => {
    const registry = aRegistry([
      aDevice({ aliases: ['phone 7'] }),
      aDevice({ vin: 'B', aliases: ['phone 8'], tokenHash: null }),
    ])
    const vin = 'VAN-12'
    const aliases = (kind: 'add-alias' | 'remove-alias', alias: string) => {
      const changed = change(registry, { kind, vin, alias })
      return typeof changed === 'string' ? changed : changed.aliases
    }
    expect(aliases('add-alias', '7382')).to.deep.equal(['phone 7', '7382'])
    for (const known of ['phone 7', vin])
      expect(aliases('add-alias', known)).to.deep.equal(['phone 7'])
    for (const taken of ['phone 8', 'B']) expect(aliases('add-alias', taken)).to.equal('id-taken')
    expect(aliases('remove-alias', 'phone 7')).to.deep.equal([])
    expect(aliases('remove-alias', 'phone 8')).to.deep.equal(['phone 7'])
  })

  it('renames, rotates, revokes and removes', () => {
    const registry = aRegistry([aDevice({ aliases: ['phone 7'] })])
    const vin = 'VAN-12'
    expect(change(registry, { kind: 'rename', vin, name: 'x' })).to.include({
      name: 'x',
      revision: 2,
    })
    expect(change(registry, { kind: 'rotate', vin, tokenHash: 'n' })).to.include({ tokenHash: 'n' })
    expect(change(registry, { kind: 'revoke', vin })).to.include({
      tokenHash: null,
      removed: false,
    })
    expect(change(registry, { kind: 'remove', vin })).to.deep.include({
      ...{ tokenHash: null, removed: true, aliases: [] },
    })
    expect(change(registry, { kind: 'revoke', vin: 'B' })).to.equal('unknown')
  })
})
