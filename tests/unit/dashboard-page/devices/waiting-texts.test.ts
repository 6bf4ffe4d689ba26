import { expect } from 'chai'
import {
  deviceFor,
  waitingText,
} from '../../../../services/dashboard/page/state/devices/waiting-texts.ts'

describe('a vehicle that wants to join', () => {
  it('is described by its requests and the age of the last one', () => {
    const times = { firstSeenAt: '2026-01-31T00:00:00Z', lastSeenAt: '2026-01-31T00:00:10Z' }
    const now = Date.parse('2026-01-31T00:00:15Z')
    const vehicle = { id: 'A', requests: 1, ...times }
    expect(waitingText(vehicle, now)).to.equal('1 request, the last one 5 s ago')
    expect(waitingText({ ...vehicle, requests: 3 }, now)).to.equal(
      '3 requests, the last one 5 s ago',
    )
  })

  it('becomes a device with its id as vin, or as alias if it is no vin', () => {
    expect(deviceFor('BUS-7')).to.deep.equal({ vin: 'BUS-7' })
    expect(deviceFor('phone 8')).to.deep.equal({ name: 'phone 8', aliases: ['phone 8'] })
  })
})
