import { expect } from 'chai'
import { parseRetryAfter } from '../../../fleet/uplink/retry-after.ts'

const now = Date.parse('2026-01-31T12:00:00Z')

describe('parseRetryAfter', () => {
  const cases: readonly [text: string | undefined, wait: number | undefined][] = [
    ['120', 120_000],
    ['Sat, 31 Jan 2026 12:00:07 GMT', 7_000],
    ['86400', 3_600_000],
    ['soon', undefined],
    [undefined, undefined],
    // A header that requests no wait is ignored: then the backoff applies.
    ['0', undefined],
    ['Sat, 31 Jan 2026 11:00:00 GMT', undefined],
  ]
  for (const [text, wait] of cases) {
    it(`returns ${wait === undefined ? 'no wait' : `${wait} ms`} for ${text ?? 'a missing header'}`, () => {
      const headers = text === undefined ? {} : { 'retry-after': text }
      expect(parseRetryAfter(headers, now)).to.equal(wait)
    })
  }

  it('compares a date with the Date of the response and ignores the local clock', () => {
    const [date, later] = ['Sat, 31 Jan 2026 12:50:00 GMT', 'Sat, 31 Jan 2026 12:50:05 GMT']
    expect(parseRetryAfter({ 'retry-after': later, date }, now)).to.equal(5_000)
  })
})
