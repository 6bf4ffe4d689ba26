import { expect } from 'chai'
import { loneValues } from '../../../services/dashboard/page/state/lone-values.ts'

describe('loneValues', () => {
  for (const [title, values, expected] of [
    ['a single value', [3], [0]],
    ['a value between missing ones', [null, 3, null, 4, 5], [1]],
    ['the last value after a missing one', [1, 2, null, 0], [3]],
    ['no value of a line', [1, 2, 3], []],
    ['no missing value', [null, undefined], []],
  ] as const) {
    it(`finds ${title}`, () => {
      expect(loneValues(values)).to.deep.equal(expected)
    })
  }
})
