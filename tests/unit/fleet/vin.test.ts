import { expect } from 'chai'
import fc from 'fast-check'
import { checkDigit, toVin } from '../../../fleet/vin.ts'

const seeds = fc.integer({ min: 0, max: 2 ** 32 - 1 })
const indices = fc.integer({ min: 0, max: 999_999 })

describe('toVin', () => {
  it('checkDigit() returns the check digits of known VINs', () => {
    expect(checkDigit('1M8GDM9AXKP042788')).to.equal('X')
    expect(checkDigit('11111111111111111')).to.equal('1')
    expect(checkDigit('5GZCZ43D13S812715')).to.equal('1')
  })

  it('returns 17 characters of the VIN alphabet with their check digit', () => {
    fc.assert(
      fc.property(seeds, indices, (seed, index) => {
        const vin = toVin('JTM', seed, index)
        expect(vin).to.match(/^JTM[A-HJ-NPR-Z0-9]{5}[0-9X][PRST][A-HJ-NPR-Z0-9]\d{6}$/)
        expect(vin.charAt(8)).to.equal(checkDigit(vin))
      }),
    )
  })

  it('returns the same VIN for the same seed and index', () => {
    expect(toVin('JTM', 42, 7)).to.equal(toVin('JTM', 42, 7))
  })

  it('returns another VIN for another seed or index', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.tuple(seeds, indices), { selector: String }), (pairs) => {
        const vins = new Set(pairs.map(([seed, index]) => toVin('JTM', seed, index)))
        expect(vins.size).to.equal(pairs.length)
      }),
    )
  })

  it('throws for an index beyond the serial numbers', () => {
    expect(() => toVin('JTM', 1, 1_000_000)).to.throw(RangeError)
  })
})
