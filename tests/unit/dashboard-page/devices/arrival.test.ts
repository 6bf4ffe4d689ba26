import { expect } from 'chai'
import { arrivalOf } from '../../../../services/dashboard/page/state/devices/arrival.ts'
import { Fleet } from '../../../../services/dashboard/page/state/fleet.ts'
import { aVehicle, noon } from '../vehicles.ts'

describe('arrivalOf', () => {
  const receivedAt = (at: number) => {
    const fleet = new Fleet()
    fleet.merge([aVehicle({ vin: 'VAN-12', receivedAt: new Date(at).toISOString() })])
    return fleet.get('VAN-12')
  }

  it('waits for the first position of a vehicle that is not known', () => {
    expect(arrivalOf(undefined, noon, noon + 60_000)).to.deep.equal({
      isLive: false,
      text: 'Waiting for its first position …',
      age: '',
    })
  })

  it('waits for a new position of a vehicle that is known', () => {
    expect(arrivalOf(receivedAt(noon - 60_000), noon, noon + 1_000)).to.deep.equal({
      isLive: false,
      text: 'Waiting for a new position …',
      age: 'Last position: 1 min 1 s ago',
    })
  })

  it('is connected as soon as a position has arrived', () => {
    expect(arrivalOf(receivedAt(noon + 3_000), noon, noon + 8_000)).to.deep.equal({
      isLive: true,
      text: 'Connected: a position has arrived.',
      age: 'Last position: 5 s ago',
    })
  })
})
