import { expect } from 'chai'
import { parseRetryAfter } from '../../../fleet/uplink/retry-after.ts'

const now = Date.parse('2026-01-31T12:00:00Z')

describe('Retry-After', () => {
  const cases: readonly [text: string | undefined, wait: number | undefined][] = [
    ['120', 120_000],
    ['Sat, 31 Jan 2026 12:00:07 GMT', 7_000],
    ['86400', 3_600_000],
    ['soon', undefined],
    [undefined, undefined],
    // Who asks for no wait leaves it to us, and our pauses grow.
    ['0', undefined],
    ['Sat, 31 Jan 2026 11:00:00 GMT', undefined],
  ]
  for (const [text, wait] of cases) {
    it(`${text ?? 'missing'} is ${wait ?? 'no'} ms`, () => {
      const headers = text === undefined ? {} : { 'retry-after': text }
      expect(parseRetryAfter(headers, now)).to.equal(wait)
    })
  }

  it('of a date counts from the date of the answer, whatever our clock says', () => {
    const [date, later] = ['Sat, 31 Jan 2026 12:50:00 GMT', 'Sat, 31 Jan 2026 12:50:05 GMT']
    expect(parseRetryAfter({ 'retry-after': later, date }, now)).to.equal(5_000)
  })
})
