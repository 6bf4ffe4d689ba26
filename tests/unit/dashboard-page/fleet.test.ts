import { expect } from 'chai'
import {
  Fleet,
  byName,
  matchesFilter,
  stateAt,
} from '../../../services/dashboard/page/state/fleet.ts'
import { aVehicle, noon } from './vehicles.ts'

const limits = { staleAfterSeconds: 10, silentAfterSeconds: 120 }

describe('Fleet of the dashboard page', () => {
  it('applies a reading with a later time and ignores a reading with an earlier time', () => {
    const fleet = new Fleet()
    fleet.merge([aVehicle({ recordedAt: '2026-11-21T12:00:05.000000Z', speed: 5 })])
    const changed = fleet.merge([aVehicle({ recordedAt: '2026-11-21T12:00:04.999999Z', speed: 4 })])
    expect(changed).to.deep.equal([])
    expect(fleet.get('TEST-1')?.vehicle.speed).to.equal(5)
  })

  it('orders readings of the same millisecond by microseconds, then by sequence', () => {
    const fleet = new Fleet()
    fleet.merge([aVehicle({ recordedAt: '2026-11-21T12:00:00.000002Z', sequence: 7 })])
    expect(fleet.merge([aVehicle({ recordedAt: '2026-11-21T12:00:00.000001Z' })])).to.have.length(0)
    const same = { recordedAt: '2026-11-21T12:00:00.000002Z' }
    expect(fleet.merge([aVehicle({ ...same, sequence: 7 })])).to.have.length(0)
    expect(fleet.merge([aVehicle({ ...same, sequence: 8 })])).to.have.length(1)
  })

  it('reports a change of gaps or metadata, but not an identical reading', () => {
    const fleet = new Fleet()
    const metadata = { battery: { charge: 81 } }
    fleet.merge([aVehicle({ gaps: 29, metadata })])
    expect(fleet.merge([aVehicle({ gaps: 0, metadata })])).to.have.length(1)
    expect(fleet.get('TEST-1')?.vehicle.gaps).to.equal(0)
    expect(fleet.merge([structuredClone(aVehicle({ gaps: 0, metadata }))])).to.have.length(0)
    expect(fleet.merge([aVehicle({ gaps: 0, metadata: null })])).to.have.length(1)
  })

  it('keeps the receipt when the same reading arrives again without a receipt', () => {
    const [fleet, receipt] = [new Fleet(), '1-0-7']
    fleet.merge([aVehicle({ receipt })])
    expect(fleet.merge([aVehicle({ receipt: null })])).to.have.length(0)
    fleet.merge([aVehicle({ receipt: null, gaps: 3 })])
    expect(fleet.get('TEST-1')?.vehicle).to.include({ receipt, gaps: 3 })
    fleet.merge([aVehicle({ receipt: null, recordedAt: '2027-01-01T00:00:00Z' })])
    expect(fleet.get('TEST-1')?.vehicle.receipt).to.equal(null)
  })

  it('removes vehicles that are not in a new snapshot', () => {
    const fleet = new Fleet()
    fleet.merge([aVehicle({ vin: 'A' }), aVehicle({ vin: 'B' })])
    fleet.beginSnapshot()
    fleet.merge([aVehicle({ vin: 'B' })])
    fleet.merge([aVehicle({ vin: 'C' })])
    expect(fleet.endSnapshot()).to.deep.equal(['A'])
    expect([...fleet.values()].map(({ vehicle }) => vehicle.vin)).to.deep.equal(['B', 'C'])
  })

  it('changes the revision only when a vehicle is added, removed or renamed', () => {
    const fleet = new Fleet()
    const changes = (change: () => void): boolean => {
      const last = fleet.revision
      change()
      return fleet.revision !== last
    }
    const later = { recordedAt: '2026-11-21T12:00:01Z' }
    expect([
      changes(() => fleet.merge([aVehicle({ vin: 'A' }), aVehicle({ vin: 'B' })])),
      changes(() => fleet.merge([aVehicle({ vin: 'A', ...later })])),
      changes(() => {
        fleet.remove([])
        fleet.remove(['UNKNOWN'])
      }),
      changes(() => {
        fleet.beginSnapshot()
        fleet.merge([aVehicle({ vin: 'A' }), aVehicle({ vin: 'B' })])
        fleet.endSnapshot()
      }),
      changes(() => fleet.merge([aVehicle({ vin: 'B', model: 'Model Y', ...later })])),
      changes(() => {
        fleet.remove(['A'])
      }),
    ]).to.deep.equal([true, false, false, false, true, true])
  })

  it('counts a vehicle as stale, then silent, as time passes without a reading', () => {
    const fleet = new Fleet()
    fleet.merge([aVehicle({ vin: 'A' }), aVehicle({ vin: 'B', speed: 0.2 })])
    const after = (seconds: number) => fleet.countStates(noon + seconds * 1000, limits)
    expect(after(9.999)).to.deep.equal({ moving: 1, standing: 1, stale: 0, silent: 0 })
    expect(after(10)).to.deep.equal({ moving: 0, standing: 0, stale: 2, silent: 0 })
    expect(after(120)).to.deep.equal({ moving: 0, standing: 0, stale: 0, silent: 2 })
  })

  it('matches words of a query in vin, make and model, in any order and case', () => {
    const [known] = new Fleet().merge([aVehicle({ vin: '5YJ-42' })])
    const finds = (query: string): boolean => matchesFilter(known!, 'moving', { query, states: [] })
    expect(['tesla', 'MODEL tes', ' yj-4 ', ''].map(finds)).to.deep.equal([true, true, true, true])
    expect(['bmw', 'tesla bmw'].map(finds)).to.deep.equal([false, false])
  })

  it('matches the name and the aliases of the device', () => {
    const [known] = new Fleet().merge([
      aVehicle({ vin: 'VAN-12', name: 'Courier 7', aliases: ['73829102'] }),
    ])
    const finds = (query: string): boolean => matchesFilter(known!, 'moving', { query, states: [] })
    expect(['courier tesla', '738', 'van-12', 'bmw'].map(finds)).to.deep.equal([
      ...[true, true, true, false],
    ])
  })

  it('reports a vehicle whose device is renamed or gets an alias, and not one that is sent again', () => {
    const fleet = new Fleet()
    fleet.merge([aVehicle()])
    const { revision } = fleet
    const label = { name: 'Van 12', aliases: ['7382'] }
    expect(fleet.merge([aVehicle(label)])).to.have.length(1)
    expect(fleet.revision).to.not.equal(revision)
    expect(fleet.merge([aVehicle({ ...label, aliases: ['7382'] })])).to.deep.equal([])
    expect(fleet.merge([aVehicle({ ...label, aliases: ['7382', '9'] })])).to.have.length(1)
    expect(fleet.merge([aVehicle()])).to.have.length(1)
  })

  it('filters by state', () => {
    const [known] = new Fleet().merge([aVehicle()])
    const state = stateAt(known!, noon + 11_000, limits)
    expect(state).to.equal('stale')
    expect(matchesFilter(known!, state, { query: '', states: ['moving'] })).to.equal(false)
    expect(matchesFilter(known!, state, { query: '', states: ['moving', 'stale'] })).to.equal(true)
  })

  it('sorts vehicles by the name that is shown', () => {
    const known = new Fleet().merge([
      aVehicle({ vin: 'A' }),
      aVehicle({ vin: 'B', make: 'BMW', model: 'X1' }),
      aVehicle({ vin: 'C', make: null, model: null }),
      aVehicle({ vin: 'D', name: 'An ambulance' }),
    ])
    expect([...known].sort(byName).map(({ vehicle }) => vehicle.vin)).to.deep.equal([
      ...['D', 'B', 'C', 'A'],
    ])
  })
})
