import { expect } from 'chai'
import fc from 'fast-check'
import { readingFields } from '../../../services/telemetry/reading/fields.ts'
import { parseReading } from '../../../services/telemetry/reading/parse-reading.ts'
import { refusalCodes } from '../../../services/telemetry/reading/reading.ts'
import { aReading, aReadingJson, anyReadingJson, aWindow, noon } from '../../support/builders.ts'
import { verdictOn, verdictWith } from './parse-verdict.ts'

const required = ['vin', 'timestamp', 'latitude', 'longitude', 'speed']
const optional = ['sequence', 'altitude', 'heading', 'make', 'model', 'metadata']

describe('parseReading', () => {
  it('accepts a reading with only the required fields', () => {
    const parsed = parseReading(aReadingJson(), aWindow())
    expect(parsed).to.deep.equal({ ok: true, reading: aReading() })
  })

  it('accepts a reading with every field', () => {
    const more = { sequence: 7, altitude: 33.4, heading: 2.1, make: 'Toyota', model: 'RAV4' }
    const json = aReadingJson({ ...more, timestamp: 1769860799.5, metadata: { battery: 0.8 } })
    const reading = aReading({ ...more, recordedAt: noon - 500_000, metadata: { battery: 0.8 } })
    expect(parseReading(json, aWindow())).to.deep.equal({ ok: true, reading })
  })

  it('treats null for an optional field as absent', () => {
    const nulls = Object.fromEntries(optional.map((name) => [name, null]))
    const parsed = parseReading(aReadingJson(nulls), aWindow())
    expect(parsed).to.deep.equal({ ok: true, reading: aReading() })
  })

  it('converts -0 to 0, because JSON does not preserve -0', () => {
    const json = aReadingJson({ latitude: -0, longitude: -0, speed: -0, sequence: -0 })
    const reading = aReading({ latitude: 0, longitude: 0, speed: 0, sequence: 0 })
    expect(parseReading(json, aWindow())).to.deep.equal({ ok: true, reading })
  })

  for (const value of [null, 1, true, 'text', [], [aReadingJson()]]) {
    it(`refuses ${JSON.stringify(value).slice(0, 20)} as not-an-object`, () => {
      expect(verdictOn(value)).to.equal('not-an-object')
    })
  }

  it('refuses an unknown field, and reports its name and the known fields', () => {
    expect(parseReading(aReadingJson({ velocity: 1 }), aWindow())).to.deep.equal({
      ok: false,
      refusal: {
        code: 'unknown-field',
        detail:
          'Unknown field "velocity". Known fields: vin, timestamp, sequence, latitude, longitude, altitude, speed, heading, make, model, metadata.',
      },
    })
  })

  for (const name of ['__proto__', 'constructor', 'toString', 'Vin', '']) {
    it(`refuses the field ${JSON.stringify(name)} as unknown-field`, () => {
      const text = JSON.stringify(aReadingJson()).replace('{', `{${JSON.stringify(name)}:{},`)
      expect(verdictOn(JSON.parse(text))).to.equal('unknown-field')
    })
  }

  for (const name of required) {
    it(`refuses a reading without ${name}, or with null as ${name}, as missing-field`, () => {
      expect(verdictWith({ [name]: undefined })).to.equal('missing-field')
      expect(verdictWith({ [name]: null })).to.equal('missing-field')
    })
  }

  it('has exactly the fields that this test lists', () => {
    expect(readingFields.map(({ name }) => name).sort()).to.deep.equal(
      [...required, ...optional].sort(),
    )
  })

  it('accepts every valid reading', () => {
    fc.assert(fc.property(anyReadingJson, (json) => verdictOn(json) === 'accepted'))
  })

  it('accepts or refuses any JSON value without an exception', () => {
    const verdicts = new Set<string>([...refusalCodes, 'accepted'])
    const names = fc.constantFrom(...required, ...optional, '__proto__')
    const almostValid = fc
      .dictionary(names, fc.jsonValue({ maxDepth: 3 }), { maxKeys: 11 })
      .map((fields) => aReadingJson(fields))
    const anything = fc.oneof(
      fc.json({ maxDepth: 4 }).map((text): unknown => JSON.parse(text)),
      fc.object({ maxDepth: 3 }).map((value): unknown => JSON.parse(JSON.stringify(value))),
      almostValid,
    )
    fc.assert(fc.property(anything, (value) => verdicts.has(verdictOn(value))))
  })
})
