import { expect } from 'chai'
import { parseDecimal, parseWhole } from '../../../services/runtime/parse-number.ts'

describe('parseWhole', () => {
  it('reads decimal digits with or without a minus', () => {
    expect(['0', '10', '007', '-3'].map(parseWhole)).to.deep.equal([0, 10, 7, -3])
  })

  for (const text of ['', ' 1', '1 ', '0x10', '0b1', '0o7', '1e3', '1.0', '+1', 'Infinity', '१']) {
    it(`does not read ${JSON.stringify(text)}`, () => {
      expect(parseWhole(text)).to.be.NaN
    })
  }
})

describe('parseDecimal', () => {
  it('reads a sign, a point and an exponent', () => {
    const texts = ['0', '-1.5', '+2.', '.5', '1e-7', '2E3']
    expect(texts.map(parseDecimal)).to.deep.equal([0, -1.5, 2, 0.5, 1e-7, 2000])
  })

  for (const text of ['', ' 1', '0x10', '1_000', 'Infinity', 'NaN', '.', 'e5', '1,5']) {
    it(`does not read ${JSON.stringify(text)}`, () => {
      expect(parseDecimal(text)).to.be.NaN
    })
  }
})
