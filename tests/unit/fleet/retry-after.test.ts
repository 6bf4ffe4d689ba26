import { expect } from 'chai'
import { parseRetryAfter } from '../../../fleet/uplink/retry-after.ts'

const now = Date.parse('2026-01-31T12:00:00Z')

describe('Retry-After', () => {
  const cases: readonly [text: string | undefined, wait: number | undefined][] = [
    ['0', 0],
    ['120', 120_000],
    ['Sat, 31 Jan 2026 12:00:07 GMT', 7_000],
    ['Sat, 31 Jan 2026 11:00:00 GMT', 0],
    ['86400', 3_600_000],
    ['soon', undefined],
    [undefined, undefined],
  ]
  for (const [text, wait] of cases) {
    it(`${text ?? 'missing'} is ${wait ?? 'no'} ms`, () => {
      expect(parseRetryAfter(text, now)).to.equal(wait)
    })
  }
})
