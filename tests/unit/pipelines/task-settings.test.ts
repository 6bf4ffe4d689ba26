import { expect } from 'chai'
import { parsePipeline } from '../../../services/pipelines/declaration/parse-pipeline.ts'
import { effectiveDeclaration, kindOf } from '../../../services/pipelines/settings/settings.ts'

function declaration(source: string) {
  const text = `name = "job"\nrun = "count"\n${source}\n`
  const parsed = parsePipeline(text, () => ({ fault: 'does not exist.' }))
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.faults))
  return parsed.declaration
}

const api = declaration('from.api = true')
const hourly = declaration('from.schedule.every = "1 h"')
const daily = declaration(
  'from.schedule = { cron = "0 6 * * *", time_zone = "Europe/Berlin", allowed_lateness = "5 min" }',
)
const set = (key: string, value: string) => ({ pipeline: 'job', key, value })
const scheduleOf = (of: typeof api) =>
  'source' in of && of.source.kind === 'schedule' ? of.source.schedule : undefined

describe('settings of pipelines with tasks', () => {
  it('replace the values of the file', () => {
    const effective = effectiveDeclaration(api, [
      ...[set('enabled', 'false'), set('concurrency', '9'), set('timeout', '5 s')],
      set('retry.attempts', '7'),
    ])
    expect(effective).to.deep.include({
      ...{ isEnabled: false, concurrency: 9, timeoutMs: 5_000 },
      retry: { attempts: 7, firstMs: 1_000, longestMs: 60_000 },
    })
  })

  it('replace the rule of a schedule, and leave time zone and window', () => {
    const every = scheduleOf(effectiveDeclaration(hourly, [set('schedule.every', '60 s')]))
    expect(every).to.deep.include({ rule: { kind: 'every', ms: 60_000 }, catchUp: 48 })
    const cron = scheduleOf(effectiveDeclaration(daily, [set('schedule.cron', '*/5 * * * *')]))
    expect(cron).to.deep.include({
      rule: { kind: 'cron', cron: '*/5 * * * *', timeZone: 'Europe/Berlin' },
      allowedLatenessMs: 300_000,
    })
  })

  it('change nothing if they are of another kind of pipeline, or wrong', () => {
    const others: readonly [typeof api, string, string][] = [
      [api, 'batch.records', '5'],
      [api, 'schedule.every', '1 h'],
      [hourly, 'schedule.cron', '0 * * * *'],
      [hourly, 'schedule.every', '999 ms'],
      [daily, 'schedule.every', '1 h'],
      [daily, 'schedule.cron', '0 0 31 2 *'],
      [daily, 'schedule.cron', '0 5-2 * * *'],
      [daily, 'schedule.cron', '@hourly'],
    ]
    for (const [of, key, value] of others)
      expect(effectiveDeclaration(of, [set(key, value)]), `${key} ${value}`).to.equal(of)
  })

  it('depend on the kind: tasks of messages, of periods, or of cron rules', () => {
    expect([api, hourly, daily].map(kindOf)).to.deep.equal(['task', 'every', 'cron'])
  })
})
