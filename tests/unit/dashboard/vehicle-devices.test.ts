import { expect } from 'chai'
import { VehicleDevices } from '../../../services/dashboard/devices/vehicle-devices.ts'
import { LiveFleet } from '../../../services/dashboard/live/live-fleet.ts'
import { listVehicles } from '../../../services/dashboard/live/vehicle-list.ts'
import { encodeDevice } from '../../../services/telemetry/devices/device.ts'
import type { Device } from '../../../services/telemetry/devices/device.ts'
import { DeviceRegistry } from '../../../services/telemetry/devices/device-registry.ts'
import type { Reading } from '../../../services/telemetry/reading/reading.ts'
import type { Micros } from '../../../services/telemetry/time.ts'
import { aReading, noon } from '../../support/builders.ts'

const second = 1_000_000

/** A fleet and the registry of its devices, as the dashboard connects them. */
class NamedFleet {
  readonly devices = new VehicleDevices()
  readonly fleet: LiveFleet
  registry = new DeviceRegistry()

  constructor(maxVehicles = 10) {
    this.fleet = new LiveFleet(maxVehicles, this.devices)
    this.devices.listen((vins) => {
      this.fleet.applyDevices(vins)
    })
  }

  report(vin: string, more: Partial<Reading> = {}, receivedAt: Micros = noon): void {
    this.fleet.apply({ reading: aReading({ vin, ...more }), receivedAt, receipt: '1-0-1' })
  }

  /** Reads records of devices up to the end of the topic. */
  read(...devices: readonly (Partial<Device> & { vin: string })[]): void {
    this.readPart(...devices)
    this.devices.onRead(this.registry)
  }

  readPart(...devices: readonly (Partial<Device> & { vin: string })[]): void {
    for (const { vin, ...more } of devices) {
      const { revision = 0 } = this.registry.record(vin) ?? {}
      const device = { vin, name: vin, aliases: [], tokenHash: null, createdAt: noon, ...more }
      const rest = { revision: revision + 1, changedAt: noon, removed: more.removed ?? false }
      const { key, value } = encodeDevice({ ...device, ...rest, ...more })
      expect(this.registry.apply(key, value)).to.equal('stands')
      this.devices.onDevice({ vin })
    }
  }

  stateOf(vin: string) {
    const json = this.fleet.stateJson(vin)
    return json === undefined ? undefined : (JSON.parse(json) as object)
  }

  vins(): string[] {
    return this.fleet.states().map(({ vin }) => vin)
  }
}

describe('VehicleDevices', () => {
  it('adds name and aliases to the state of a vehicle, and nothing to that of others', () => {
    const named = new NamedFleet()
    for (const vin of ['A', 'B', 'C']) named.report(vin)
    expect(named.stateOf('A')).to.not.have.any.keys('name', 'aliases')
    named.read({ vin: 'A', name: 'Van 12', aliases: ['7382'] }, { vin: 'B' })
    expect(named.stateOf('A')).to.deep.include({ name: 'Van 12', aliases: ['7382'] })
    for (const vin of ['B', 'C'])
      expect(named.stateOf(vin), vin).to.not.have.any.keys('name', 'aliases')
    expect(['A', 'B', 'C'].map(named.devices.nameOf)).to.deep.equal(['Van 12', null, null])
  })

  it('sends only vehicles whose devices have changed, also without a reading', () => {
    const named = new NamedFleet()
    for (const vin of ['A', 'B']) named.report(vin)
    named.read({ vin: 'A', name: 'Van 12' })
    const { version } = named.fleet
    named.read()
    expect(named.fleet.version).to.equal(version)
    named.read({ vin: 'A', name: 'Van 13' }, { vin: 'UNSEEN', name: 'x' })
    expect(named.fleet.changedSince(version)).to.deep.equal(['A'])
    expect(named.stateOf('A')).to.include({ name: 'Van 13' })
    expect(named.vins()).to.deep.equal(['A', 'B'])
  })

  it('hides a vehicle whose device is removed, until it reports again', () => {
    const named = new NamedFleet()
    for (const vin of ['A', 'B']) named.report(vin)
    named.read({ vin: 'A', name: 'Van 12' })
    const { version } = named.fleet
    named.read({ vin: 'A', removed: true, changedAt: noon + second })
    expect(named.fleet.removedSince(version)).to.deep.equal(['A'])
    expect([named.vins(), named.fleet.size]).to.deep.equal([['B'], 1])
    expect(named.stateOf('A')).to.equal(undefined)

    // A producer may not have read the removal yet.
    named.report('A', { recordedAt: noon + 2 * second }, noon + 3 * second)
    expect(named.vins()).to.deep.equal(['B'])
    named.report('A', { recordedAt: noon + 7 * second }, noon + 7 * second)
    expect(named.vins()).to.deep.equal(['B', 'A'])
    expect(named.fleet.removedSince(version)).to.deep.equal([])
    expect(named.stateOf('A')).to.not.have.any.keys('name', 'aliases')
  })

  it('hides a vehicle of a removed device also if rows or registry are read later, and shows it when the device is added again', () => {
    for (const isRegistryFirst of [true, false]) {
      const named = new NamedFleet()
      const removed = { vin: 'A', name: 'Van 12', removed: true, changedAt: noon + second }
      if (isRegistryFirst) named.read(removed)
      named.fleet.restore({ ...aReading({ vin: 'A' }), metadata: null, receivedAt: noon })
      if (!isRegistryFirst) named.read(removed)
      expect(named.vins()).to.deep.equal([])
      named.read({ vin: 'A', name: 'Van 14' })
      expect(named.vins()).to.deep.equal(['A'])
      expect(named.stateOf('A')).to.include({ name: 'Van 14' })
    }
  })

  it('limits hidden vehicles to the same number as shown ones', () => {
    const named = new NamedFleet(2)
    for (const vin of ['A', 'B']) named.report(vin)
    const removals = ['A', 'B', 'C'].map((vin) => ({ vin, removed: true, changedAt: noon }))
    named.read(...removals)
    named.report('C')
    for (const vin of ['D', 'E']) named.report(vin)
    expect([named.vins(), named.fleet.size]).to.deep.equal([['D', 'E'], 2])
    named.read(...['A', 'B', 'C'].map((vin) => ({ vin, removed: false })))
    expect(named.fleet.size).to.equal(2)
  })

  it('uses names of a new registry topic only after it was read completely', () => {
    const named = new NamedFleet()
    for (const vin of ['A', 'B']) named.report(vin)
    named.read({ vin: 'A', name: 'Van 12' })
    named.registry = new DeviceRegistry()
    const { key, value } = encodeDevice({
      ...{ vin: 'B', revision: 1, name: 'Truck', aliases: [], tokenHash: null },
      ...{ createdAt: noon, changedAt: noon, removed: false },
    })
    named.registry.apply(key, value)
    named.devices.onDevice({ vin: 'B' })
    expect(named.stateOf('A')).to.include({ name: 'Van 12' })
    named.read()
    expect(named.stateOf('A')).to.not.have.property('name')
    expect(named.stateOf('B')).to.include({ name: 'Truck' })
  })

  it('names 10,000 vehicles', () => {
    const named = new NamedFleet(10_000)
    const vins = Array.from({ length: 10_000 }, (_, at) => `V-${at}`)
    for (const vin of vins) named.report(vin)
    named.readPart(
      ...vins.map((vin) => ({ vin, name: `Van of ${vin}`, aliases: [`phone ${vin}`] })),
    )
    named.read()
    for (const vin of vins) expect(named.stateOf(vin)).to.include({ name: `Van of ${vin}` })
  })
})

describe('listVehicles', () => {
  it('finds vehicles by the name and the aliases of their devices', () => {
    const named = new NamedFleet()
    for (const vin of ['A', 'B']) named.report(vin)
    named.read({ vin: 'A', name: 'Van 12', aliases: ['Phone 7'] })
    const limits = { staleAfterSeconds: 10, silentAfterSeconds: 20 }
    const context = { limits, now: noon, labelOf: named.devices.labelOf }
    const find = (search: string) =>
      listVehicles(
        named.fleet.states(),
        { search, state: undefined, limit: 10, after: '' },
        context,
      ).vins
    expect(find('van 1')).to.deep.equal(['A'])
    expect(find('phone')).to.deep.equal(['A'])
    expect(find('truck')).to.deep.equal([])
  })
})
