import { expect } from 'chai'
import { judgeAge } from '../../../services/telemetry/dead-letter.ts'
import { microsecondsPerDay } from '../../../services/telemetry/reading.ts'
import { anEntry, noon } from '../../support/builders.ts'

const retention = 30 * microsecondsPerDay
/** The start of the oldest day that is kept at noon of 2026-01-31: 2025-12-30. */
const oldest = Date.UTC(2025, 11, 30) * 1000

describe('judgeAge', () => {
  const judged = (recordedAt: number) =>
    judgeAge(anEntry(7, { recordedAt }), { now: noon, retention })

  it('lets through what the table still keeps', () => {
    expect(judged(oldest)).to.deep.equal(anEntry(7, { recordedAt: oldest }))
  })

  it('refuses a reading of a day that retention drops', () => {
    const { original } = anEntry(7)
    expect(judged(oldest - 1)).to.deep.equal({
      kind: 'refused',
      offset: 7,
      code: 'expired',
      detail:
        'The rows of 2025-12-29 are past the retention; the oldest day that is kept is 2025-12-30.',
      original,
    })
  })

  it('leaves what was refused its own reason', () => {
    const { original } = anEntry(7)
    const refused = { kind: 'refused', offset: 7, code: 'invalid-vin', detail: 'd' } as const
    const entry = { ...refused, original }
    expect(judgeAge(entry, { now: noon, retention })).to.equal(entry)
  })
})
