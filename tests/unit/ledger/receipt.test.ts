import { expect } from 'chai'
import fc from 'fast-check'
import { parseReceipt, toReceipt } from '../../../services/ledger/receipt.ts'

describe('toReceipt and parseReceipt', () => {
  it('convert log id, partition and offset to a text and back', () => {
    expect(toReceipt({ logId: 1, partition: 3, offset: 1042 })).to.equal('1-3-1042')
    expect(parseReceipt('1-3-1042')).to.deep.equal({ logId: 1, partition: 3, offset: 1042 })
  })

  it('are inverse for every position', () => {
    const anyPosition = fc.record({
      logId: fc.integer({ min: 1, max: 999_999_999 }),
      partition: fc.integer({ min: 0, max: 999_999 }),
      offset: fc.maxSafeNat(),
    })
    fc.assert(
      fc.property(anyPosition, (position) => {
        expect(parseReceipt(toReceipt(position))).to.deep.equal(position)
      }),
    )
  })

  for (const text of [
    '',
    '1',
    '1-2',
    '1-2-3-4',
    '0-0-0',
    '01-0-0',
    '1-00-0',
    '1-0-00',
    '1--1-0',
    '-1-0-0',
    '1-0--1',
    '1-0-1.5',
    '1-0-1e3',
    ' 1-0-0',
    '1-0-0\n',
    '1-0-9007199254740992',
    '1-0-99999999999999999',
    '9999999999-0-0',
    'a-b-c',
    "1-0-0'; DROP TABLE diag",
  ]) {
    it(`return undefined for ${JSON.stringify(text)}, which is not a receipt`, () => {
      expect(parseReceipt(text)).to.equal(undefined)
    })
  }

  it('accept only texts that toReceipt returns', () => {
    const almost = fc.stringMatching(/^[0-9-]{1,12}$/)
    fc.assert(
      fc.property(fc.oneof(almost, fc.string()), (text) => {
        const position = parseReceipt(text)
        expect(position === undefined ? text : toReceipt(position)).to.equal(text)
      }),
    )
  })
})
