import { expect } from 'chai'
import type { Device } from '../../../../services/dashboard/api/devices.ts'
import { deviceStateOf } from '../../../../services/dashboard/page/state/devices/device-texts.ts'
import { selectDevices } from '../../../../services/dashboard/page/state/devices/select-devices.ts'
import { Fleet } from '../../../../services/dashboard/page/state/fleet.ts'
import { aVehicle, noon } from '../vehicles.ts'

const time = new Date(noon).toISOString()
const aDevice = (changes: Partial<Device> = {}): Device => ({
  ...{ vin: 'VAN-12', name: 'Van 12', aliases: [], hasToken: true },
  ...{ createdAt: time, changedAt: time, ...changes },
})

describe('deviceStateOf', () => {
  const fleet = new Fleet()
  fleet.merge([aVehicle({ vin: 'VAN-12', receivedAt: time })])
  const known = fleet.get('VAN-12')
  const now = noon + 5_000

  it('waits for the first position of a device whose vehicle is not known', () => {
    const state = deviceStateOf(aDevice(), { known: undefined, activity: undefined, now })
    expect(state).to.deep.equal({ word: 'waiting', text: 'Waiting for its first position …' })
  })

  for (const [activity, word] of [
    ['moving', 'live'],
    ['standing', 'live'],
    ['stale', 'stale'],
    ['silent', 'silent'],
  ] as const) {
    it(`is ${word} if the vehicle is ${activity}`, () => {
      const state = deviceStateOf(aDevice(), { known, activity, now })
      expect(state).to.deep.equal({ word, text: 'Last position: 5 s ago' })
    })
  }

  it('is revoked without a token, also if the vehicle has reported just now', () => {
    const state = deviceStateOf(aDevice({ hasToken: false }), { known, activity: 'moving', now })
    expect(state.word).to.equal('revoked')
  })
})

describe('selectDevices', () => {
  const devices = [
    aDevice(),
    aDevice({ vin: 'TRUCK', name: 'Lorry', aliases: ['Phone 7'] }),
    aDevice({ vin: 'BUS', name: 'Bus' }),
  ]
  const vinsWith = (text: string) => selectDevices(devices, text).shown.map(({ vin }) => vin)

  it('finds a device by its name, vin or alias, in any case', () => {
    expect(vinsWith('')).to.deep.equal(['VAN-12', 'TRUCK', 'BUS'])
    expect(vinsWith('van 1')).to.deep.equal(['VAN-12'])
    expect(vinsWith(' truck ')).to.deep.equal(['TRUCK'])
    expect(vinsWith('pHONE')).to.deep.equal(['TRUCK'])
  })

  it('says why the list is empty', () => {
    expect(selectDevices(devices, 'x').remark).to.include('No device has this name')
    expect(selectDevices([], '').remark).to.include('There is no device yet')
    expect(selectDevices(devices, '').remark).to.equal('')
  })

  it('shows at most 100 devices, and says so', () => {
    const many = Array.from({ length: 100_000 }, (_, at) => aDevice({ vin: `V-${at}` }))
    const { shown, remark } = selectDevices(many, '')
    expect(shown).to.deep.equal(many.slice(0, 100))
    expect(remark).to.equal('100 of 100000 devices are shown. Search for the others.')
    expect(selectDevices(many, 'V-99999').shown).to.have.lengthOf(1)
  })
})
