import { expect } from 'chai'
import type { Reading } from '../../../../services/telemetry/reading/reading.ts'
import { noon } from '../../../support/builders.ts'
import type { Sent } from './device-requests.ts'
import { messagesOf, outcomesOf, readingOf } from './device-requests.ts'
import {
  android8,
  client9,
  feature,
  form,
  forwarded,
  iso,
  json,
  located,
  osmand,
  place,
  required,
  seconds,
} from './example-requests.ts'

describe('formats of phones and trackers', () => {
  const usual = { recordedAt: noon - 10_000_000, ...place, speed: 10, heading: 90 }
  const requests: [string, Sent, Partial<Reading>, object][] = [
    [
      'Traccar Client 8: all in the query of a POST',
      { url: `/devices/osmand/token?${android8}`, headers: form },
      { ...usual, vin: 'VAN-12', altitude: 61.2 },
      { accuracy: 4.5, battery: 0.82, charging: true, altitudeReference: 'unknown' },
    ],
    [
      'Traccar Client 9: JSON',
      { url: '/devices/osmand', headers: json, body: client9 },
      { ...usual, vin: 'VAN-12', speed: 12.5 },
      { battery: 0.82, charging: true, isMoving: true, odometer: 1042.5, activity: 'in_vehicle' },
    ],
    [
      'Traccar Client 10: a form, knots with two digits',
      { url: '/devices/osmand/token', headers: form, body: `${required}&speed=19.44&bearing=90` },
      { ...usual, vin: 'VAN-12', speed: 10.001 },
      {},
    ],
    [
      'OsmAnd: milliseconds, and metres a second in our own parameter',
      osmand(
        `id=VAN-12&lat=52.5&lon=13.4&timestamp=${seconds}123&hdop=4.5&altitude=61&speed_mps=10.0&bearing=90.0`,
      ),
      { ...usual, vin: 'VAN-12', recordedAt: noon - 9_877_000, altitude: 61 },
      { hdop: '4.5' },
    ],
    [
      'GPSLogger: kilometres an hour in our own parameter',
      osmand(`${required}&speed_kmh=36.0&bearing=90&accuracy=4.5&batt=82`),
      { ...usual, vin: 'VAN-12' },
      { accuracy: 4.5, battery: 0.82 },
    ],
    [
      'Traccar server with forward.type=url',
      osmand(
        `id=352093081452251&timestamp=${seconds}000&lat=52.5&lon=13.4&speed=10&bearing=90&valid=true&outdated=false`,
      ),
      { ...usual, vin: '352093081452251', speed: 5.144 },
      {},
    ],
    [
      'Traccar server with forward.type=json',
      { url: '/devices/traccar', headers: json, body: forwarded },
      { ...usual, vin: '352093081452251', speed: 5.144 },
      { battery: 0.82, protocol: 'teltonika', attributes: { batteryLevel: 82, ignition: true } },
    ],
    [
      'OwnTracks: kilometres an hour',
      { url: '/devices/owntracks', headers: json, body: located },
      { ...usual, vin: 'VAN-12' },
      { accuracy: 5, verticalAccuracy: 3, battery: 0.82, charging: true, tid: 'v1' },
    ],
    [
      'Overland: metres a second above the sea level',
      { url: '/devices/overland', headers: json, body: { locations: [feature()] } },
      { ...usual, vin: 'VAN-12', altitude: 61 },
      { accuracy: 5, battery: 0.82, charging: true, altitudeReference: 'sea-level' },
    ],
  ]
  for (const [name, sent, expected, metadata] of requests) {
    it(`reads ${name}`, () => {
      const reading = readingOf(sent)
      expect(reading).to.deep.include(expected)
      expect(reading.metadata ?? {}).to.deep.include(metadata)
    })
  }

  const unknown: [string, Sent, Partial<Reading>][] = [
    ['a query without a speed', osmand(required), { speed: null, heading: null, altitude: null }],
    ['empty parameters', osmand(`${required}&speed=&bearing=&altitude=NaN`), { speed: null }],
    ['negative knots of iOS', osmand(`${required}&speed=-1.94&bearing=-1`), { speed: null }],
    [
      '−1 of Traccar Client 9',
      {
        url: '/devices/osmand',
        body: {
          location: { timestamp: iso, coords: { ...place, speed: -1, heading: -1 } },
          device_id: 'A',
        },
      },
      { speed: null, heading: null },
    ],
    [
      '−1 of Overland',
      { url: '/devices/overland', body: { locations: [feature({ speed: -1, course: -1 })] } },
      { speed: null, heading: null },
    ],
    [
      'OwnTracks without vel',
      { url: '/devices/owntracks', body: { ...located, vel: undefined } },
      { speed: null },
    ],
    ['north as 360', osmand(`${required}&bearing=360`), { heading: 0 }],
  ]
  for (const [name, sent, expected] of unknown) {
    it(`stores unknown values as null: ${name}`, () => {
      expect(readingOf(sent)).to.deep.include(expected)
    })
  }

  const times: [string, number][] = [
    [String(seconds), noon - 10_000_000],
    [`${seconds}.25`, noon - 9_750_000],
    [`${seconds}250`, noon - 9_750_000],
    ['2026-01-31T11:59:50Z', noon - 10_000_000],
    ['2026-01-31T11:59:50', noon - 10_000_000],
    ['2026-01-31 11:59:50', noon - 10_000_000],
    ['2026-01-31T03:59:50-0800', noon - 10_000_000],
    ['2026-01-31T12:59:50+01:00', noon - 10_000_000],
  ]
  for (const [text, recordedAt] of times) {
    it(`reads the time ${text}`, () => {
      const query = `id=A&lat=1&lon=2&timestamp=${encodeURIComponent(text)}`
      expect(readingOf(osmand(query)).recordedAt).to.equal(recordedAt)
    })
  }

  const settled: [string, Sent, string[]][] = [
    [
      'a heartbeat',
      { url: '/devices/osmand', headers: form, body: 'id=A&batt=50' },
      ['without-position'],
    ],
    ['an alarm', osmand('id=A&alarm=sos'), ['without-position']],
    ['an empty body', { url: '/devices/owntracks' }, ['without-position']],
    ['valid=false', osmand(`${required}&valid=false`), ['without-position']],
    [
      'outdated',
      {
        url: '/devices/traccar',
        body: { ...forwarded, position: { ...forwarded.position, outdated: true } },
      },
      ['without-position'],
    ],
    [
      'another _type',
      { url: '/devices/owntracks', body: { _type: 'transition', lat: 1, lon: 2 } },
      ['without-position'],
    ],
    [
      'an encrypted message',
      { url: '/devices/owntracks', body: { _type: 'encrypted', data: 'x' } },
      ['without-position'],
    ],
    [
      'an action of Overland',
      { url: '/devices/overland', body: { locations: [feature({ action: 'visit' })] } },
      ['without-position'],
    ],
    [
      'an empty batch, with current and trip',
      { url: '/devices/overland', body: { locations: [], current: feature(), trip: {} } },
      [],
    ],
    ['no device id', osmand(`timestamp=${seconds}&lat=1&lon=2`), ['missing-field']],
    ['no time', osmand('id=A&lat=1&lon=2'), ['missing-timestamp']],
    ['a bad time', osmand('id=A&lat=1&lon=2&timestamp=soon'), ['invalid-timestamp']],
    ['an old time', osmand('id=A&lat=1&lon=2&timestamp=1'), ['time-too-old']],
    ['a time ahead', osmand(`id=A&lat=1&lon=2&timestamp=${seconds + 600}`), ['time-too-far-ahead']],
    ['half a position', osmand(`id=A&lat=1&timestamp=${seconds}`), ['missing-field']],
    ['a position out of range', osmand(`id=A&lat=91&lon=2&timestamp=${seconds}`), ['out-of-range']],
    [
      'a position that is no number',
      osmand(`id=A&lat=x&lon=2&timestamp=${seconds}`),
      ['wrong-type'],
    ],
    [
      'a device id that is no vin',
      osmand(`id=my%20van&lat=1&lon=2&timestamp=${seconds}`),
      ['invalid-vin'],
    ],
    [
      'JSON that is cut off',
      { url: '/devices/traccar', headers: json, body: '{"position":' },
      ['unreadable-request'],
    ],
    [
      'JSON of another program',
      { url: '/devices/osmand', headers: json, body: [1] },
      ['unreadable-request'],
    ],
    [
      'a query of more than 1,000 parameters',
      osmand(`${required}&${'a=1&'.repeat(1_000)}`),
      ['unreadable-request'],
    ],
    ['no locations', { url: '/devices/overland', body: {} }, ['unreadable-request']],
    [
      'deep nesting',
      { url: '/devices/overland', body: '['.repeat(50_000) },
      ['unreadable-request'],
    ],
  ]
  for (const [name, sent, expected] of settled) {
    it(`settles ${name} as ${expected.join() || 'nothing'}`, () => {
      expect(outcomesOf(sent)).to.deep.equal(expected)
    })
  }

  it('settles each position of a batch separately', () => {
    const locations = [feature(), feature({ timestamp: 'soon' }), feature({ action: 'visit' }), 7]
    const outcomes = outcomesOf({ url: '/devices/overland', body: { locations } })
    expect(outcomes.slice(1)).to.deep.equal([
      'invalid-timestamp',
      'without-position',
      'unreadable-request',
    ])
    expect(outcomes[0]).to.include({ vin: 'VAN-12' })
  })

  it('reads a batch of 1,000 locations of Overland', () => {
    const locations = Array.from({ length: 1_000 }, (_, index) => feature({ altitude: index }))
    expect(outcomesOf({ url: '/devices/overland', body: { locations } })).to.have.length(1_000)
  })

  it('takes the device of OwnTracks from X-Limit-D, then the query, then the topic, then tid', () => {
    const vinOf = (url: string, headers: Record<string, string>, body: object) =>
      readingOf({ url, headers, body }).vin
    const path = '/devices/owntracks'
    expect(vinOf(`${path}?d=B`, { 'x-limit-d': 'A' }, located)).to.equal('A')
    expect(vinOf(`${path}?d=B`, {}, located)).to.equal('B')
    expect(vinOf(path, {}, located)).to.equal('VAN-12')
    expect(vinOf(path, {}, { ...located, topic: undefined })).to.equal('v1')
  })

  it('keeps no token in dead letters and in the metadata', () => {
    const sent = osmand('id=A&lat=91&lon=2&token=secret&note=x')
    expect(JSON.stringify(messagesOf(sent)))
      .to.include('note')
      .and.not.include('secret')
  })

  it('leaves out the largest metadata, and does not refuse the position', () => {
    const query = `${required}&note=${'x'.repeat(5_000)}&alarm=sos`
    expect(readingOf(osmand(query)).metadata).to.deep.equal({ alarm: 'sos', leftOut: ['note'] })
  })

  it('reads a form of 1,000 parameters, and refuses more, also together with the query', () => {
    const note = (count: number) => '&note=x'.repeat(count)
    const sent = (url: string, body: string) => ({ url, headers: form, body })
    const path = '/devices/osmand'
    expect(readingOf(sent(path, `${required}${note(996)}`)).metadata).to.include({ note: 'x' })
    expect(outcomesOf(sent(path, `${required}${note(997)}`))).to.deep.equal(['unreadable-request'])
    const [message] = messagesOf(sent(`${path}?a=1&token=secret`, `${required}${note(996)}`))
    if (message?.kind !== 'refused') throw new Error('not refused')
    expect(message.refusal.detail).to.equal('The request has more than 1000 parameters.')
    expect(Buffer.from(message.original.value).toString()).to.match(/^a=1&id=VAN-12&.*note=x$/)
  })
})
