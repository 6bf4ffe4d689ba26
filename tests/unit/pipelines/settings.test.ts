import { expect } from 'chai'
import { parseDeclaration } from '../../../services/pipelines/declaration/parse-declaration.ts'
import {
  effectiveDeclaration,
  logLevelOf,
  pipelineSettings,
} from '../../../services/pipelines/settings/settings.ts'
import { formatDuration } from '../../../services/pipelines/declaration/duration.ts'
import { classifieds } from '../../support/declared.ts'

const batch = 'batch = { records = 10, within = "2 s" }\n'

function declaration(extra = '') {
  const parsed = parseDeclaration(extra + classifieds('topic'))
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.faults))
  return parsed.declaration
}

const set = (key: string, value: string, pipeline = 'classifieds') => ({ pipeline, key, value })

describe('settings of pipelines', () => {
  it('leave the declaration as it is when none is set', () => {
    expect(effectiveDeclaration(declaration(batch), [])).to.deep.equal(declaration(batch))
  })

  it('replace the values of the file', () => {
    const effective = effectiveDeclaration(declaration(batch), [
      ...[set('enabled', 'false'), set('batch.records', '500'), set('batch.within', '1 min')],
      set('commit_every', '7'),
    ])
    expect(effective).to.deep.include({
      ...{ isEnabled: false, commitEvery: 7, batch: { records: 500, withinMs: 60_000 } },
    })
  })

  it('complete a batch of which only one half is set', () => {
    const { batch: records } = effectiveDeclaration(declaration(), [set('batch.records', '500')])
    expect(records).to.deep.equal({ records: 500, withinMs: 1_000 })
    const { batch: within } = effectiveDeclaration(declaration(), [set('batch.within', '250 ms')])
    expect(within).to.deep.equal({ records: 5_000, withinMs: 250 })
  })

  it('of another pipeline, with an unknown key or with a wrong value change nothing', () => {
    const wrong = ['0', '100001', '1.5', '', 'ten', '-1', '1e3', ' 1'].map((value) =>
      set('batch.records', value),
    )
    const durations = ['0 s', '2 h', '5', 's', '1.5 s'].map((value) => set('batch.within', value))
    const others = [
      ...[set('batch.records', '5', 'other'), set('unknown', '5'), set('enabled', 'yes')],
      set('commit_every', '0'),
    ]
    for (const each of [...wrong, ...durations, ...others]) {
      const effective = effectiveDeclaration(declaration(batch), [each])
      expect(effective, JSON.stringify(each)).to.deep.equal(declaration(batch))
    }
  })

  it('show the value that they have set, in the format of the file', () => {
    const values = { enabled: 'false', 'batch.records': '9', 'batch.within': '90 s' }
    for (const [key, value] of Object.entries({ ...values, commit_every: '3' })) {
      const setting = pipelineSettings.find((each) => each.key === key)
      expect(setting?.valueIn(setting.apply(declaration(), value)), key).to.equal(value)
    }
    expect([1, 1_500, 60_000, 90_000, 86_400_000].map(formatDuration)).to.deep.equal([
      ...['1 ms', '1500 ms', '1 min', '90 s', '1 d'],
    ])
  })

  it('of all workers: the log level', () => {
    expect(logLevelOf([set('log_level', 'debug', 'worker')])).to.equal('debug')
    expect(logLevelOf([set('log_level', 'loud', 'worker')])).to.equal(undefined)
    expect(logLevelOf([set('log_level', 'debug')])).to.equal(undefined)
  })
})
