import { expect } from 'chai'
import { parseReading } from '../../../services/telemetry/reading/parse-reading.ts'
import { aReadingJson, aWindow } from '../../support/builders.ts'

describe('the detail of an invalid timestamp', () => {
  for (const [timestamp, detail] of [
    ['2024-05-01 10:00:00+00:00', 'has a space between date and time, where ISO 8601 has a T'],
    ['2024-05-01T10:00:00 +00:00', 'has a space before the offset; remove it'],
    [
      '2024-05-01T10:00:00',
      'has no offset; append Z if it is UTC, or the offset, for example +02:00',
    ],
    [
      '2024-05-01T10:00:00 CEST',
      'has no valid offset; append Z if it is UTC, or the offset, for example +02:00',
    ],
    ['2023-02-29T10:00:00Z', 'is a date or a time of day that does not exist'],
    ['0000-01-01T00:00:00Z', 'is outside the years 0001 to 9999, in UTC'],
    ['9999-12-31T23:59:59-01:00', 'is outside the years 0001 to 9999, in UTC'],
    ['1769860799', 'is Unix seconds in a string; send them as a number'],
    [1769860799250, 'has too many digits for Unix seconds; divide milliseconds by 1000'],
    [-1, 'is before 1970; Unix seconds cannot be negative'],
    ['yesterday', 'is neither ISO 8601 with an offset nor Unix seconds'],
  ] as const) {
    it(`says of ${JSON.stringify(timestamp)} that it ${detail}`, () => {
      const parsed = parseReading({ ...aReadingJson(), timestamp }, aWindow())
      expect(parsed).to.deep.equal({
        ok: false,
        refusal: {
          code: 'invalid-timestamp',
          detail: `timestamp ${JSON.stringify(timestamp)} ${detail}.`,
        },
      })
    })
  }
})
