import { expect } from 'chai'
import { verdictWith } from './parse-verdict.ts'

const loneSurrogates = ['\ud83d', '\ude00', 'a\ude00\ud83d']

describe('parseReading: vin', () => {
  for (const vin of ['1', 'a', '-', 'A'.repeat(32), '1AVTB2C37R0000042', 'car-7']) {
    it(`accepts ${vin}`, () => {
      expect(verdictWith({ vin })).to.equal('accepted')
    })
  }

  for (const vin of [
    '',
    'A'.repeat(33),
    "'; DROP TABLE diag; --",
    'A\n',
    'A B',
    'A_B',
    'Ä',
    'A\0',
    '\ud83d',
    'a/b',
  ]) {
    it(`refuses ${JSON.stringify(vin)} as invalid-vin`, () => {
      expect(verdictWith({ vin })).to.equal('invalid-vin')
    })
  }

  for (const vin of [1, true, [], {}, ['A']]) {
    it(`refuses ${JSON.stringify(vin)} as wrong-type`, () => {
      expect(verdictWith({ vin })).to.equal('wrong-type')
    })
  }
})

for (const name of ['make', 'model']) {
  describe(`parseReading: ${name}`, () => {
    it('accepts 0 to 40 characters', () => {
      expect(verdictWith({ [name]: '' })).to.equal('accepted')
      expect(verdictWith({ [name]: 'x'.repeat(40) })).to.equal('accepted')
    })

    it('refuses 41 characters as text-too-long', () => {
      expect(verdictWith({ [name]: 'x'.repeat(41) })).to.equal('text-too-long')
    })

    it('counts characters, not UTF-16 units', () => {
      expect(verdictWith({ [name]: '😀'.repeat(40) })).to.equal('accepted')
      expect(verdictWith({ [name]: '😀'.repeat(41) })).to.equal('text-too-long')
    })

    it('accepts quotes, backslashes, tabs and line breaks', () => {
      expect(verdictWith({ [name]: `"'\\\t\r\n` })).to.equal('accepted')
    })

    it('refuses a NUL as unstorable-text', () => {
      expect(verdictWith({ [name]: 'a\0b' })).to.equal('unstorable-text')
    })

    it('refuses a lone surrogate as unstorable-text', () => {
      for (const text of loneSurrogates) {
        expect(verdictWith({ [name]: text })).to.equal('unstorable-text')
      }
    })

    it('refuses a value that is not a string as wrong-type', () => {
      for (const value of [1, false, [], {}]) {
        expect(verdictWith({ [name]: value })).to.equal('wrong-type')
      }
    })
  })
}
