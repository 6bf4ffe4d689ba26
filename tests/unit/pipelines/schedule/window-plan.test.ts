import { expect } from 'chai'
import fc from 'fast-check'
import type { Schedule } from '../../../../services/pipelines/declaration/task-declaration.ts'
import { windowPlanOf } from '../../../../services/pipelines/schedule/window-plan.ts'

const hourMs = 3_600_000
const minuteMs = 60_000
const at = (text: string): number => Date.parse(text)
const hourly: Schedule = {
  rule: { kind: 'every', ms: hourMs },
  window: { kind: 'previous' },
  allowedLatenessMs: 15 * minuteMs,
  catchUp: 48,
}
const cron = (text: string, timeZone: string, changes: Partial<Schedule> = {}): Schedule => ({
  ...hourly,
  rule: { kind: 'cron', cron: text, timeZone },
  ...changes,
})
const dueUnits = (schedule: Schedule, madeUntil: string, now: string): string[] =>
  windowPlanOf(schedule)
    .due(at(madeUntil), at(now))
    .runs.map(({ unit }) => unit)

describe('Windows of a schedule', () => {
  it('a window is due at its end plus the allowed lateness, not before', () => {
    const unit = 'run:2026-03-01T10:00:00.000Z/2026-03-01T11:00:00.000Z'
    expect(dueUnits(hourly, '2026-03-01T10:20Z', '2026-03-01T11:14:59.999Z')).to.deep.equal([])
    expect(dueUnits(hourly, '2026-03-01T10:20Z', '2026-03-01T11:15Z')).to.deep.equal([unit])
    expect(dueUnits(hourly, '2026-03-01T11:00Z', '2026-03-01T11:15Z')).to.deep.equal([])
  })

  it('the plan says when the next window is due', () => {
    const { nextDueMs } = windowPlanOf(hourly).due(at('2026-03-01T10:20Z'), at('2026-03-01T11:20Z'))
    expect(nextDueMs).to.equal(at('2026-03-01T12:15Z'))
  })

  it('after a stop the latest missed windows are due, oldest first, at most catch_up', () => {
    const units = dueUnits({ ...hourly, catchUp: 2 }, '2026-03-01T00:00Z', '2026-03-02T00:20Z')
    expect(units).to.deep.equal([
      'run:2026-03-01T22:00:00.000Z/2026-03-01T23:00:00.000Z',
      'run:2026-03-01T23:00:00.000Z/2026-03-02T00:00:00.000Z',
    ])
  })

  it('a fixed window has one run at each time, with the same window', () => {
    const window = { kind: 'fixed' as const, fromMs: 0, toMs: hourMs }
    const schedule = { ...hourly, window, allowedLatenessMs: 0 }
    expect(dueUnits(schedule, '2026-03-01T10:20Z', '2026-03-01T12:00Z')).to.deep.equal([
      'run:1970-01-01T00:00:00.000Z/1970-01-01T01:00:00.000Z@2026-03-01T11:00:00.000Z',
      'run:1970-01-01T00:00:00.000Z/1970-01-01T01:00:00.000Z@2026-03-01T12:00:00.000Z',
    ])
  })

  for (const { timeZone, day, hours } of [
    { timeZone: 'Europe/Berlin', day: '2026-03-29', hours: 23 },
    { timeZone: 'Europe/Berlin', day: '2026-10-25', hours: 25 },
    { timeZone: 'America/New_York', day: '2026-03-08', hours: 23 },
    { timeZone: 'America/New_York', day: '2026-11-01', hours: 25 },
    { timeZone: 'Australia/Lord_Howe', day: '2026-04-05', hours: 24.5 },
    { timeZone: 'Australia/Lord_Howe', day: '2026-10-04', hours: 23.5 },
  ])
    it(`the day ${day} in ${timeZone} is a window of ${hours} hours`, () => {
      const noon = at(`${day}T04:00Z`) + (timeZone === 'America/New_York' ? 12 * hourMs : 0)
      const plan = windowPlanOf(cron('0 0 * * *', timeZone))
      const [window] = plan.touchedBy({ fromMs: noon, toMs: noon }, noon + 48 * hourMs)
      expect(((window?.toMs ?? 0) - (window?.fromMs ?? 0)) / hourMs).to.equal(hours)
    })

  it('a rule for leap days finds the last one, also across the year 2100', () => {
    const plan = windowPlanOf(cron('0 0 29 2 *', 'UTC'))
    expect(plan.beginOf(at('2104-02-28T00:00Z'))).to.equal(at('2096-02-29T00:00Z'))
  })

  const rules = fc.constantFrom(
    hourly,
    { ...hourly, rule: { kind: 'every' as const, ms: 7 * minuteMs } },
    cron('0 * * * *', 'Europe/Berlin'),
    cron('30 2 * * *', 'Europe/Berlin'),
    cron('*/15 2 * * *', 'America/New_York'),
    cron('0 0 * * *', 'Australia/Lord_Howe'),
    cron('0 6 1 * *', 'America/New_York'),
  )
  const time = fc.integer({ min: at('2026-02-20T00:00Z'), max: at('2026-11-20T00:00Z') })

  it('however often a worker looks, the due windows follow each other without gap or overlap', () => {
    const steps = fc.array(fc.integer({ min: 1, max: 40 * hourMs }), { maxLength: 12 })
    fc.assert(
      fc.property(rules, time, steps, (rule, start, delays) => {
        const plan = windowPlanOf({ ...rule, catchUp: 1_000_000 })
        let [made, now] = [start, start]
        let end = plan.beginOf(start)
        for (const delay of delays) {
          now += delay
          const due = plan.due(made, now)
          for (const { window } of due.runs) {
            expect(window.fromMs).to.equal(end)
            expect(window.toMs).to.be.greaterThan(window.fromMs)
            end = window.toMs
          }
          if (due.runs.length > 0) expect(end + rule.allowedLatenessMs).to.be.at.most(now)
          expect(due.nextDueMs).to.be.greaterThan(now)
          made = due.madeUntilMs
        }
      }),
      { numRuns: 60 },
    )
  })

  it('each time lies in one window, and a row there touches that window', () => {
    fc.assert(
      fc.property(rules, time, (rule, ms) => {
        const windows = windowPlanOf(rule).touchedBy({ fromMs: ms, toMs: ms }, Infinity)
        expect(windows).to.have.length(1)
        expect(windows[0]?.fromMs).to.be.at.most(ms)
        expect(windows[0]?.toMs).to.be.greaterThan(ms)
      }),
      { numRuns: 100 },
    )
  })

  it('a row near the border of an hour also touches the neighbouring hour', () => {
    const plan = windowPlanOf(hourly, { borderMs: 10 * minuteMs })
    const touched = (text: string) =>
      plan.touchedBy({ fromMs: at(text), toMs: at(text) }, Infinity).map(({ fromMs }) => fromMs)
    const [nine, ten] = [at('2026-03-01T09:00Z'), at('2026-03-01T10:00Z')]
    expect(touched('2026-03-01T10:09Z')).to.deep.equal([nine, ten])
    expect(touched('2026-03-01T10:30Z')).to.deep.equal([ten])
  })

  it('a row that can change a computed window counts as late', () => {
    fc.assert(
      fc.property(rules, time, fc.integer({ min: 0, max: 3 * hourMs }), (rule, now, age) => {
        const plan = windowPlanOf(rule, { borderMs: 10 * minuteMs })
        const late = plan.lateRule(now)
        const row = now - age
        // The latest transaction that the row can be part of ends two minutes after it was written.
        const computedUntil = plan.due(now - 40 * 24 * hourMs, now + 2 * minuteMs).madeUntilMs
        const touched = plan.touchedBy({ fromMs: row, toMs: row }, computedUntil)
        if (touched.length > 0) expect(row).to.be.lessThan(late?.lateBeforeMs ?? 0)
        expect(late?.validUntilMs).to.be.greaterThan(now)
      }),
      { numRuns: 60 },
    )
  })
})
