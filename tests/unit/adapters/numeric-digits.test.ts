import { expect } from 'chai'
import fc from 'fast-check'
import type { NumericDigits } from '../../../services/adapters/postgres/tables/numeric-digits.ts'
import { toNumericDigits } from '../../../services/adapters/postgres/tables/numeric-digits.ts'

/** The decimal text of the digits, computed as in numeric_out of Postgres. */
function toText({ groups, weight, isNegative, scale }: NumericDigits): string {
  const digitsAt = (power: number): string => String(groups[weight - power] ?? 0).padStart(4, '0')
  const powers = Array.from({ length: Math.max(weight, 0) + 1 }, (_, index) => index).reverse()
  const integer = powers.map(digitsAt).join('').replace(/^0+/, '') || '0'
  const fraction = Array.from({ length: Math.ceil(scale / 4) }, (_, index) => digitsAt(-index - 1))
  const sign = isNegative ? '-' : ''
  return scale === 0 ? sign + integer : `${sign}${integer}.${fraction.join('').slice(0, scale)}`
}

describe('toNumericDigits', () => {
  it('keeps every digit, the sign and the scale, and has no zero group at either end', () => {
    const digits = fc.bigInt({ min: 0n, max: 10n ** 24n })
    const text = fc
      .tuple(fc.boolean(), digits, fc.stringMatching(/^\d{0,13}$/))
      .map(([isNegative, integer, fraction]) => {
        const isZero = integer === 0n && /^0*$/.test(fraction)
        const sign = isNegative && !isZero ? '-' : ''
        return fraction === '' ? `${sign}${integer}` : `${sign}${integer}.${fraction}`
      })
    fc.assert(
      fc.property(text, (any) => {
        const found = toNumericDigits(any)
        expect(toText(found)).to.equal(any)
        expect([found.groups[0], found.groups.at(-1)]).not.to.include(0)
      }),
    )
  })

  it('has no groups for zero', () => {
    const zero = { groups: [], weight: 0, isNegative: false }
    expect(toNumericDigits('0')).to.deep.equal({ ...zero, scale: 0 })
    expect(toNumericDigits('-0.00000')).to.deep.equal({ ...zero, scale: 5 })
  })
})
