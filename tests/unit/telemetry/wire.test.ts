import { expect } from 'chai'
import fc from 'fast-check'
import { parseReading } from '../../../services/telemetry/reading/parse-reading.ts'
import { microsecondsPerDay } from '../../../services/telemetry/reading/reading.ts'
import type { EncodedRecord } from '../../../services/telemetry/reading/wire.ts'
import {
  decodeRecord,
  encodeReading,
  schemaVersion,
  schemaVersionOf,
} from '../../../services/telemetry/reading/wire.ts'
import { aReading, aWindow, anyReadingJson, noon } from '../../support/builders.ts'

const { retentionMicros } = aWindow()
const bytes = (text: string) => new TextEncoder().encode(text)

function aRecord(overrides: Partial<EncodedRecord> = {}): EncodedRecord {
  return {
    value: bytes(encodeReading(aReading())),
    schemaVersion: '1',
    receivedAt: '2026-01-31T12:00:00.000000Z',
    appendedAt: noon + 5_000,
    ...overrides,
  }
}

const decoded = (overrides: Partial<EncodedRecord>) =>
  decodeRecord(aRecord(overrides), retentionMicros)
const codeOf = (overrides: Partial<EncodedRecord>) => {
  const record = decoded(overrides)
  return record.ok ? 'accepted' : record.code
}

describe('encodeReading', () => {
  it('writes the fields in a fixed order and omits absent ones', () => {
    expect(encodeReading(aReading())).to.equal(
      '{"vin":"1AVTB2C37R0000042","timestamp":"2026-01-31T11:59:59.250000Z","sequence":0,"latitude":37.7209977,"longitude":-122.4723053,"speed":7.823}',
    )
    const full = aReading({ altitude: 0, heading: 1, make: '', model: 'm', metadata: {} })
    expect(Object.keys(JSON.parse(encodeReading(full)) as object)).to.deep.equal(
      'vin timestamp sequence latitude longitude altitude speed heading make model metadata'.split(
        ' ',
      ),
    )
  })

  it('is inverted by decodeRecord for every valid reading', () => {
    fc.assert(
      fc.property(anyReadingJson, (json) => {
        const parsed = parseReading(json, aWindow())
        if (!parsed.ok) throw new Error(parsed.refusal.detail)
        expect(decoded({ value: bytes(encodeReading(parsed.reading)) })).to.deep.equal({
          ok: true,
          row: { reading: parsed.reading, receivedAt: noon },
        })
      }),
    )
  })
})

describe('decodeRecord', () => {
  it('returns the reading and the time of its receipt', () => {
    const expected = { ok: true, row: { reading: aReading(), receivedAt: noon } }
    expect(decoded({})).to.deep.equal(expected)
  })

  it('writes schema version 1', () => {
    expect(schemaVersion).to.equal('1')
  })

  it('writes schema version 2 for a reading without a speed, and accepts it', () => {
    const reading = aReading({ speed: null })
    const version = schemaVersionOf(reading)
    expect(version).to.equal('2')
    const value = bytes(encodeReading(reading))
    const expected = { ok: true, row: { reading, receivedAt: noon } }
    expect(decoded({ value, schemaVersion: version })).to.deep.equal(expected)
    expect(codeOf({ value })).to.equal('missing-field')
  })

  it('makes a refusal of a record that the producer has refused, also if its value is a valid reading', () => {
    const refused = { code: 'missing-timestamp', detail: 'The time is missing.' }
    expect(decoded({ refused })).to.deep.equal({ ok: false, ...refused })
    expect(codeOf({ refused: { code: 'bold-claim', detail: undefined } })).to.equal(
      'unreadable-record',
    )
  })

  it('accepts a record without a schema version', () => {
    expect(codeOf({ schemaVersion: undefined })).to.equal('accepted')
  })

  for (const version of ['3', '', '1.0', 'x']) {
    it(`refuses schema version ${JSON.stringify(version)}, even with a valid reading`, () => {
      expect(decoded({ schemaVersion: version })).to.deep.equal({
        ok: false,
        code: 'unknown-schema-version',
        detail: `schema-version is ${JSON.stringify(version)}; only "1" and "2" are supported.`,
      })
    })
  }

  it('uses the time of the broker if received-at is missing', () => {
    const expected = { ok: true, row: { reading: aReading(), receivedAt: noon + 5_000 } }
    expect(decoded({ receivedAt: undefined })).to.deep.equal(expected)
  })

  it('refuses a received-at that is not a time as unreadable-record', () => {
    expect(decoded({ receivedAt: 'soon' })).to.deep.equal({
      ok: false,
      code: 'unreadable-record',
      detail: 'The record is not a reading: the header received-at is not an ISO 8601 time.',
    })
  })

  it('refuses a record that arrived outside the years 0001 to 9999 as unreadable-record', () => {
    const recordedAt = Date.UTC(9999, 11, 31) * 1000
    const value = bytes(encodeReading(aReading({ recordedAt })))
    const appendedAt = Date.UTC(10_000, 0, 1) * 1000
    expect(decoded({ value, receivedAt: undefined, appendedAt })).to.deep.equal({
      ok: false,
      code: 'unreadable-record',
      detail:
        'The record is not a reading: it was received at a time outside the years 0001 to 9999.',
    })
    expect(codeOf({ receivedAt: '0000-01-01T00:00:00Z' })).to.equal('unreadable-record')
  })

  it('compares the time of a reading with received-at, not with the time of the broker', () => {
    const late = { appendedAt: noon + 400 * microsecondsPerDay }
    expect(codeOf(late)).to.equal('accepted')
    expect(codeOf({ ...late, receivedAt: undefined })).to.equal('time-too-old')
    expect(codeOf({ receivedAt: '2026-01-31T11:00:00Z' })).to.equal('time-too-far-ahead')
  })

  it('refuses a received-at more than a day after the time of the broker, with any reading', () => {
    const aDayBefore = noon - 86_400_000_000
    expect(codeOf({ appendedAt: aDayBefore })).to.equal('accepted')
    expect(codeOf({ appendedAt: aDayBefore - 1 })).to.equal('time-too-far-ahead')
    const recordedAt = Date.UTC(9999, 11, 30) * 1000
    const value = bytes(encodeReading(aReading({ recordedAt })))
    expect(decoded({ value, receivedAt: '9999-12-30T00:00:00Z' })).to.deep.equal({
      ok: false,
      code: 'time-too-far-ahead',
      detail:
        'received-at "9999-12-30T00:00:00Z" is more than a day after the broker appended the record.',
    })
  })

  it('refuses a record without a value as unreadable-record', () => {
    expect(decoded({ value: null })).to.deep.equal({
      ok: false,
      code: 'unreadable-record',
      detail: 'The record is not a reading: it has no value.',
    })
  })

  it('refuses bytes that are not UTF-8 as unreadable-record', () => {
    const value = bytes(encodeReading(aReading({ make: 'a' })))
    value[value.indexOf('a'.charCodeAt(0))] = 0xff
    expect(codeOf({ value })).to.equal('unreadable-record')
  })

  for (const text of ['', '{', '{"vin":', 'null null']) {
    it(`refuses ${JSON.stringify(text)}, which is not JSON, as unreadable-record`, () => {
      expect(codeOf({ value: bytes(text) })).to.equal('unreadable-record')
    })
  }

  it('refuses a record with an invalid reading, with the code of the reading', () => {
    const value = bytes(encodeReading(aReading({ latitude: 91 })))
    expect(decoded({ value })).to.deep.equal({
      ok: false,
      code: 'out-of-range',
      detail: 'latitude 91 is outside [-90, 90] degrees.',
    })
    expect(codeOf({ value: bytes('[]') })).to.equal('not-an-object')
  })

  it('refuses any random bytes without an exception', () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.option(fc.string()), (value, receivedAt) => {
        expect(decoded({ value, receivedAt: receivedAt ?? undefined }).ok).to.equal(false)
      }),
    )
  })
})
