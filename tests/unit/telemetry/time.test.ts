import { expect } from 'chai'
import fc from 'fast-check'
import type { Micros, Millis } from '../../../services/telemetry/time.ts'
import {
  firstTime,
  lastTime,
  parseIsoMicroseconds,
  toIsoMicroseconds,
  toMicros,
  toMillis,
  toUtcDay,
  unixToMicroseconds,
} from '../../../services/telemetry/time.ts'

const noon = 1_769_860_800_000_000
/** Years 1700 to 2250: a double represents their microseconds exactly. */
const anyTime = fc.integer({
  min: Date.UTC(1700, 0, 1) * 1000,
  max: Date.UTC(2250, 0, 1) * 1000,
})

describe('parseIsoMicroseconds', () => {
  for (const [text, expected] of [
    ['2026-01-31T12:00:00Z', noon],
    ['2026-01-31t12:00:00z', noon],
    ['2026-01-31T12:00:00+00:00', noon],
    ['2026-01-31T12:00:00-00:00', noon],
    ['2026-01-31T13:30:00+01:30', noon],
    ['2026-01-31T04:00:00-08:00', noon],
    ['2026-01-31T13:30:00+0130', noon],
    ['2026-01-31T13:00:00+01', noon],
    ['2026-02-01T00:00:00+12:00', noon],
    ['2026-01-31T12:00:00.5Z', noon + 500_000],
    ['2026-01-31T12:00:00,5Z', noon + 500_000],
    ['2026-01-31T12:00:00.000001Z', noon + 1],
    ['2026-01-31T12:00:00.1234567Z', noon + 123_456],
    ['2026-01-31T12:00:00.999999999999Z', noon + 999_999],
    ['1970-01-01T00:00:00Z', 0],
    ['1969-12-31T23:59:59.999999Z', -1],
    ['2024-02-29T00:00:00Z', 1_709_164_800_000_000],
    ['2000-02-29T00:00:00Z', 951_782_400_000_000],
    ['2025-12-31T23:59:59Z', 1_767_225_599_000_000],
  ] as const) {
    it(`parses ${text}`, () => {
      expect(parseIsoMicroseconds(text)).to.equal(expected)
    })
  }

  it('parses times of alternating minutes, and refuses invalid times in the canonical form', () => {
    const texts = ['2026-01-31T12:00:59.000001Z', '2026-01-31T12:01:00.000000Z']
    for (const text of [...texts, ...texts])
      expect(parseIsoMicroseconds(text)).to.equal(
        Date.parse(text) * 1000 + Number(text.endsWith('1Z')),
      )
    for (const text of [
      '2026-01-31T12:01:60.000000Z',
      '2026-01-31T12:61:00.000000Z',
      '2026-01-31T12:01:00.00000xZ',
    ])
      expect(parseIsoMicroseconds(text), text).to.equal(undefined)
  })

  it('parses any number of digits after the point, with Z as with an offset', () => {
    const digits = fc.stringMatching(/^\d{1,12}$/)
    fc.assert(
      fc.property(anyTime, digits, (time, fraction) => {
        const second = toIsoMicroseconds(time).slice(0, 19)
        const expected = parseIsoMicroseconds(`${second}.${fraction}+00:00`)
        expect(expected).to.be.a('number')
        expect(parseIsoMicroseconds(`${second}.${fraction}Z`)).to.equal(expected)
        expect(parseIsoMicroseconds(`${second}.${fraction}z`)).to.equal(expected)
      }),
    )
    expect(parseIsoMicroseconds('2026-01-31T12:00:00Z')).to.equal(noon)
    for (const ending of ['.Z', 'Z0', '.1', '.1Z1', '.-1Z', '. 1Z', ':1Z'])
      expect(parseIsoMicroseconds(`2026-01-31T12:00:00${ending}`), ending).to.equal(undefined)
  })

  it('refuses times outside the years 0001 to 9999 in UTC, which neither the wire nor Postgres can hold', () => {
    for (const text of [
      '0000-01-01T00:00:00Z',
      '0000-12-31T23:59:59.999999Z',
      '0001-01-01T00:00:00+00:01',
      '9999-12-31T23:59:59-00:01',
      '10000-01-01T00:00:00Z',
      '+010000-01-01T00:00:00Z',
    ])
      expect(parseIsoMicroseconds(text), text).to.equal(undefined)
    expect(parseIsoMicroseconds('0001-01-01T00:00:00Z')).to.equal(-62_135_596_800_000_000)
    for (const fraction of ['999999', '9999999'])
      expect(parseIsoMicroseconds(`9999-12-31T23:59:59.${fraction}Z`)).to.equal(lastTime)
    expect(toIsoMicroseconds(lastTime)).to.equal('9999-12-31T23:59:59.999968Z')
    expect(toIsoMicroseconds(firstTime)).to.equal('0001-01-01T00:00:00.000000Z')
  })

  it('does not treat the years 0 to 99 as 1900 to 1999', () => {
    expect(parseIsoMicroseconds('0070-01-01T00:00:00Z')).to.equal(-59_958_144_000_000_000)
  })

  for (const text of [
    '2025-02-29T00:00:00Z',
    '1900-02-29T00:00:00Z',
    '2026-04-31T00:00:00Z',
    '2026-00-10T00:00:00Z',
    '2026-13-10T00:00:00Z',
    '2026-01-00T00:00:00Z',
    '2026-01-32T00:00:00Z',
    '2026-01-31T24:00:00Z',
    '2026-01-31T12:60:00Z',
    '2026-01-31T12:00:60Z',
    '2026-01-31T12:00:00+24:00',
    '2026-01-31T12:00:00+01:60',
    '2026-01-31T12:00:00',
    '2026-01-31T12:00Z',
    '2026-01-31 12:00:00Z',
    '2026-01-31T12:00:00.Z',
    '2026-1-31T12:00:00Z',
    '20260131T120000Z',
    ' 2026-01-31T12:00:00Z',
    '2026-01-31T12:00:00Z\n',
    '２026-01-31T12:00:00Z',
    '',
  ]) {
    it(`returns undefined for ${JSON.stringify(text)}`, () => {
      expect(parseIsoMicroseconds(text)).to.equal(undefined)
    })
  }
})

describe('unixToMicroseconds', () => {
  for (const [seconds, expected] of [
    [0, 0],
    [1_769_860_800, noon],
    [1_722_222_222.123456, 1_722_222_222_123_456],
    [1_722_222_222.000001, 1_722_222_222_000_001],
    [1_722_222_222.1, 1_722_222_222_100_000],
    [0.9999999, 999_999],
    [99_999_999_999, 99_999_999_999_000_000],
  ] as const) {
    it(`returns ${expected} for ${seconds}`, () => {
      expect(unixToMicroseconds(seconds)).to.equal(expected)
    })
  }

  for (const seconds of [-1, -0.5, 100_000_000_000, 1e21, NaN, Infinity]) {
    it(`returns undefined for ${seconds}`, () => {
      expect(unixToMicroseconds(seconds)).to.equal(undefined)
    })
  }

  it('keeps every microsecond of a present-day time in spite of the limited digits of a double', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4_000_000_000 }), fc.nat(999_999), (whole, micro) => {
        const seconds = Number(`${whole}.${String(micro).padStart(6, '0')}`)
        expect(unixToMicroseconds(seconds)).to.equal(whole * 1_000_000 + micro)
      }),
    )
  })
})

describe('toIsoMicroseconds', () => {
  it('always returns six digits and Z', () => {
    expect(toIsoMicroseconds(noon)).to.equal('2026-01-31T12:00:00.000000Z')
    expect(toIsoMicroseconds(noon + 250_001)).to.equal('2026-01-31T12:00:00.250001Z')
    expect(toIsoMicroseconds(-1)).to.equal('1969-12-31T23:59:59.999999Z')
  })

  it('is inverted by parseIsoMicroseconds, in all years from 0001 to 9999', () => {
    const inAllYears = fc.double({ min: firstTime, max: lastTime, noNaN: true }).map(Math.trunc)
    fc.assert(
      fc.property(fc.oneof(anyTime, inAllYears), (time) => {
        expect(parseIsoMicroseconds(toIsoMicroseconds(time))).to.equal(time)
      }),
    )
  })

  it('formats times in turns whose minutes have the same place in the cache', () => {
    const hourAndFourMinutes = 64 * 60_000_000
    for (let turn = 0; turn < 2; turn += 1) {
      expect(toIsoMicroseconds(noon)).to.equal('2026-01-31T12:00:00.000000Z')
      expect(toIsoMicroseconds(noon + hourAndFourMinutes)).to.equal('2026-01-31T13:04:00.000000Z')
      expect(toIsoMicroseconds(noon - hourAndFourMinutes)).to.equal('2026-01-31T10:56:00.000000Z')
    }
  })

  it('returns texts that sort like their times', () => {
    fc.assert(
      fc.property(anyTime, anyTime, (left, right) => {
        expect(toIsoMicroseconds(left) < toIsoMicroseconds(right)).to.equal(left < right)
      }),
    )
  })
})

describe('toUtcDay', () => {
  it('changes at midnight UTC', () => {
    const midnight = Date.UTC(2026, 1, 1) * 1000
    expect(toUtcDay(midnight)).to.equal('2026-02-01')
    expect(toUtcDay(midnight - 1)).to.equal('2026-01-31')
  })

  it('returns the date of the ISO text', () => {
    fc.assert(
      fc.property(anyTime, (time) => {
        expect(toUtcDay(time)).to.equal(toIsoMicroseconds(time).slice(0, 10))
      }),
    )
  })
})

describe('Micros and Millis', () => {
  it('convert into each other; a time in microseconds is rounded down', () => {
    expect(toMicros(1_769_860_800_123)).to.equal(1_769_860_800_123_000)
    expect(toMillis(1_769_860_800_123_999)).to.equal(1_769_860_800_123)
    expect(toMillis(-1)).to.equal(-1)
  })

  it('are different types: the compiler refuses one where the other is expected', () => {
    const micros: Micros = 1_000_000
    const millis: Millis = 1_000
    // @ts-expect-error Microseconds are not milliseconds.
    const wrongMillis: Millis = micros
    // @ts-expect-error Milliseconds are not microseconds.
    const wrongMicros: Micros = millis
    expect([wrongMillis, wrongMicros]).to.deep.equal([1_000_000, 1_000])
  })
})
