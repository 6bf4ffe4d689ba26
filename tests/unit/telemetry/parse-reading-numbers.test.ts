import { expect } from 'chai'
import { parseReading } from '../../../services/telemetry/reading/parse-reading.ts'
import { aReadingJson, aWindow } from '../../support/builders.ts'
import { verdictWith } from './parse-verdict.ts'

const ranges = [
  { name: 'latitude', lowest: -90, highest: 90, step: 1e-9 },
  { name: 'longitude', lowest: -180, highest: 180, step: 1e-9 },
  { name: 'speed', lowest: 0, highest: 500, step: 1e-9 },
  { name: 'altitude', lowest: -1_000_000, highest: 1_000_000, step: 1e-9 },
  { name: 'sequence', lowest: 0, highest: 9_007_199_254_740_991, step: 1 },
]

describe('parseReading: numbers', () => {
  for (const { name, lowest, highest, step } of ranges) {
    it(`accepts ${name} ${lowest} and ${highest}`, () => {
      expect(verdictWith({ [name]: lowest })).to.equal('accepted')
      expect(verdictWith({ [name]: highest })).to.equal('accepted')
    })

    it(`refuses ${name} just below ${lowest} and just above ${highest} as out-of-range`, () => {
      expect(verdictWith({ [name]: lowest - step })).to.equal('out-of-range')
      expect(verdictWith({ [name]: highest + step })).to.equal('out-of-range')
    })
  }

  it('accepts heading 0 and a heading just below 360', () => {
    expect(verdictWith({ heading: 0 })).to.equal('accepted')
    expect(verdictWith({ heading: 359.999_999_999 })).to.equal('accepted')
  })

  it('refuses heading 360 and a heading just below 0 as out-of-range', () => {
    expect(verdictWith({ heading: 360 })).to.equal('out-of-range')
    expect(verdictWith({ heading: -1e-9 })).to.equal('out-of-range')
  })

  it('reports the value, the range and the unit of a number out of range', () => {
    expect(parseReading(aReadingJson({ heading: 360 }), aWindow())).to.deep.equal({
      ok: false,
      refusal: {
        code: 'out-of-range',
        detail: 'heading 360 is outside [0, 360) degrees.',
      },
    })
  })

  for (const name of ['latitude', 'longitude', 'speed', 'altitude', 'heading', 'sequence']) {
    it(`refuses a string, a boolean, an array or an object for ${name} as wrong-type`, () => {
      for (const value of ['1', '', true, [], [1], {}]) {
        expect(verdictWith({ [name]: value }), JSON.stringify(value)).to.equal('wrong-type')
      }
    })

    it(`refuses a number that is too large for a double for ${name} as not-finite`, () => {
      expect(verdictWith({ [name]: JSON.parse('1e999') as number })).to.equal('not-finite')
      expect(verdictWith({ [name]: JSON.parse('-1e999') as number })).to.equal('not-finite')
    })
  }

  it('refuses a sequence with a fraction as wrong-type', () => {
    expect(verdictWith({ sequence: 1.5 })).to.equal('wrong-type')
  })

  it('reports a value of a wrong type, truncated to a length that fits a message', () => {
    const parsed = parseReading(aReadingJson({ speed: 'x'.repeat(1000) }), aWindow())
    expect(parsed).to.deep.equal({
      ok: false,
      refusal: {
        code: 'wrong-type',
        detail: `speed must be a number, but this is the string "${'x'.repeat(56)}....`,
      },
    })
  })
})
