import { expect } from 'chai'
import type { Sent } from './device-requests.ts'
import { readingOf } from './device-requests.ts'
import { android8, feature, forwarded, osmand, required } from './example-requests.ts'

describe('the number of a reading of a device', () => {
  const numberOf = (sent: Sent) => readingOf(sent).sequence

  it('is at least 2^52 and equal for a repeated request', () => {
    for (const sent of [
      { url: `/devices/osmand?${android8}` },
      { url: '/devices/overland', body: { locations: [feature()] } },
    ]) {
      expect(numberOf(sent)).to.equal(numberOf(sent))
      expect(numberOf(sent)).to.be.within(2 ** 52, 2 ** 53 - 1)
    }
  })

  it('does not depend on what a Traccar server changes between two attempts', () => {
    const { position, device } = forwarded
    const again = {
      position: { ...position, id: 77, serverTime: '2026-01-31T11:59:59.900+00:00' },
      device: { ...device, status: 'offline', lastUpdate: '2026-01-31T11:59:58Z' },
    }
    const [first, second] = [forwarded, again].map((body) =>
      readingOf({ url: '/devices/traccar', body }),
    )
    expect(second).to.deep.equal(first)
  })

  it('does not depend on the order of fields or on the time of arrival', () => {
    const { wifi, ...others } = feature().properties
    const turned = { ...feature(), properties: { wifi, ...others } }
    const [first, second] = [feature(), turned].map((each) =>
      numberOf({ url: '/devices/overland', body: { locations: [each] } }),
    )
    expect(second).to.equal(first)
  })

  it('differs for other values of the same second', () => {
    const numbers = ['', '&speed=1', '&batt=50', '&alarm=sos'].map((more) =>
      numberOf(osmand(`${required}${more}`)),
    )
    expect(new Set(numbers).size).to.equal(4)
  })
})
