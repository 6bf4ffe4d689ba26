import { expect } from 'chai'
import fc from 'fast-check'
import { microsecondsPerDay } from '../../../services/telemetry/reading/reading.ts'
import {
  daysToRetire,
  RetirementConfirmation,
  refuseIfExpired,
  oldestKeptDay,
  refuseExpiredReadings,
} from '../../../services/telemetry/retention.ts'
import { aBatch, anEntry, noon } from '../../support/builders.ts'

const days = (count: number) => count * microsecondsPerDay
const hours = (count: number) => count * 3_600_000_000
const midnight = noon - hours(12)
/** The names of the days to retire. */
const toRetire = (...options: Parameters<typeof daysToRetire>): string[] =>
  daysToRetire(...options).map(({ day }) => day)
const open = (...names: string[]) => names.map((day) => ({ day, closed: false }))

describe('oldestKeptDay', () => {
  it('is two days before the day of the oldest reading that is still accepted', () => {
    expect(oldestKeptDay(noon, days(30))).to.equal('2025-12-30')
    expect(oldestKeptDay(noon, days(1))).to.equal('2026-01-28')
  })

  it('changes at midnight UTC', () => {
    expect(oldestKeptDay(midnight - 1, days(1))).to.equal('2026-01-27')
    expect(oldestKeptDay(midnight, days(1))).to.equal('2026-01-28')
  })

  it('is never after the day of a reading that is still accepted', () => {
    const anyTime = fc.integer({ min: 0, max: days(20_000) })
    fc.assert(
      fc.property(anyTime, fc.integer({ min: 1, max: 400 }), (now, retentionDays) => {
        const batch = aBatch([anEntry(0, { recordedAt: now })])
        const later = now + days(retentionDays)
        expect(refuseExpiredReadings(batch, oldestKeptDay(later, days(retentionDays)))).to.equal(
          batch,
        )
      }),
    )
  })
})

describe('daysToRetire', () => {
  const window = { nowMicros: noon, retentionMicros: days(1) }

  it('returns the days before the oldest kept day, oldest first', () => {
    const present = open('2026-01-31', '2026-01-28', '2026-01-27', '2025-06-01', '2026-01-26')
    expect(toRetire(present, window)).to.deep.equal(['2025-06-01', '2026-01-26', '2026-01-27'])
  })

  it('returns no days if every day is kept', () => {
    expect(toRetire(open('2026-01-28', '2026-01-31', '2026-02-01'), window)).to.deep.equal([])
    expect(toRetire([], window)).to.deep.equal([])
  })

  it('returns a day one hour after its readings are no longer stored', () => {
    const at = (nowMicros: number) => toRetire(open('2026-01-27'), { ...window, nowMicros })
    expect(oldestKeptDay(midnight, days(1))).to.equal('2026-01-28')
    expect(at(midnight)).to.deep.equal([])
    expect(at(midnight + hours(1) - 1)).to.deep.equal([])
    expect(at(midnight + hours(1))).to.deep.equal(['2026-01-27'])
  })

  it('returns closed days even if the retention period would keep them', () => {
    const present = [{ day: '2026-01-30', closed: true }, ...open('2026-01-29')]
    expect(toRetire(present, window)).to.deep.equal(['2026-01-30'])
  })
})

describe('refuseIfExpired', () => {
  const oldestDay = '2026-01-31'

  it('returns a reading of a kept day unchanged', () => {
    const entry = anEntry(7, { recordedAt: midnight })
    expect(refuseIfExpired(entry, oldestDay)).to.equal(entry)
  })

  it('refuses a reading of a day that is no longer kept as expired', () => {
    const entry = anEntry(7, { recordedAt: midnight - 1 })
    expect(refuseIfExpired(entry, oldestDay)).to.include({
      kind: 'refused',
      offset: 7,
      code: 'expired',
    })
  })

  it('keeps the reason of an entry that was refused before', () => {
    const entry = { ...anEntry(7), kind: 'refused', code: 'invalid-vin', detail: 'd' } as const
    expect(refuseIfExpired(entry, oldestDay)).to.equal(entry)
  })
})

describe('refuseExpiredReadings', () => {
  const batch = aBatch([
    anEntry(0, { recordedAt: midnight }),
    anEntry(1, { recordedAt: midnight - 1 }),
    { ...anEntry(2), kind: 'refused', code: 'invalid-vin', detail: 'd' },
  ])

  it('refuses the readings before the oldest kept day and keeps the other entries unchanged', () => {
    const { entries, ...rest } = refuseExpiredReadings(batch, '2026-01-31')
    const { original } = batch.entries[1]!
    const detail =
      'The retention period of 2026-01-30 is over. The oldest day that is kept is 2026-01-31.'
    expect(entries).to.deep.equal([
      batch.entries[0],
      { kind: 'refused', offset: 1, code: 'expired', detail, original },
      batch.entries[2],
    ])
    expect(rest).to.deep.equal({ logId: 1, partition: 0, expectedOffset: 0, followingOffset: 3 })
  })

  it('returns the same batch if no reading has expired', () => {
    expect(refuseExpiredReadings(batch, '2026-01-30')).to.equal(batch)
  })
})

describe('RetirementConfirmation', () => {
  const minute = 60_000

  it('confirms a day that was due for long enough', () => {
    const confirmation = new RetirementConfirmation(30 * minute)
    expect(confirmation.confirm(open('2026-01-27'), 0)).to.deep.equal([])
    expect(confirmation.confirm(open('2026-01-27'), 29 * minute)).to.deep.equal([])
    expect(confirmation.confirm(open('2026-01-27', '2026-01-28'), 30 * minute)).to.deep.equal([
      '2026-01-27',
    ])
    expect(confirmation.confirm(open('2026-01-28'), 60 * minute)).to.deep.equal(['2026-01-28'])
  })

  it('restarts the waiting time of a day that was not due in one of the calls', () => {
    const confirmation = new RetirementConfirmation(30 * minute)
    confirmation.confirm(open('2026-01-27'), 0)
    confirmation.confirm([], 5 * minute)
    expect(confirmation.confirm(open('2026-01-27'), 40 * minute)).to.deep.equal([])
    expect(confirmation.confirm(open('2026-01-27'), 70 * minute)).to.deep.equal(['2026-01-27'])
  })

  it('confirms a closed day immediately', () => {
    const confirmation = new RetirementConfirmation(30 * minute)
    expect(confirmation.confirm([{ day: '2026-01-27', closed: true }], 0)).to.deep.equal([
      '2026-01-27',
    ])
  })
})
