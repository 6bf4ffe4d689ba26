import { expect } from 'chai'
import type { CandidatePipeline } from '../../../services/pipelines/tasks/choose-pipeline.ts'
import { choosePipeline } from '../../../services/pipelines/tasks/choose-pipeline.ts'

const open: CandidatePipeline = {
  name: 'job',
  step: { kind: 'run-by', method: 'method', params: 'params' },
}
const fixed: CandidatePipeline = { name: 'daily', step: { kind: 'run', handler: 'summary' } }
const sql: CandidatePipeline = { name: 'margin', step: { kind: 'sql', file: 'm.sql', text: '' } }
const rows: CandidatePipeline = { name: 'classifieds', step: undefined }

const choose = (
  method: string,
  pipeline: string | undefined,
  pipelines = [open, fixed, sql, rows],
): string => {
  const chosen = choosePipeline(pipelines, { method, pipeline })
  return chosen.kind === 'chosen' ? chosen.name : `${chosen.why}: ${chosen.reason}`
}

describe('choosePipeline', () => {
  it('takes the only pipeline whose tasks name their handler', () => {
    expect(choose('ingest', undefined)).to.equal('job')
  })

  it('prefers a pipeline that runs only this handler', () => {
    expect(choose('summary', undefined)).to.equal('daily')
  })

  it('refuses if several pipelines can run the handler, or none', () => {
    expect(choose('ingest', undefined, [open, { ...open, name: 'other' }])).to.equal(
      'unsuitable: Several pipelines can run the handler "ingest": job, other. Name one of them.',
    )
    expect(choose('ingest', undefined, [fixed, rows])).to.equal(
      'unsuitable: No pipeline can run the handler "ingest". Declare one with run = "ingest", or with run = { by = … }.',
    )
  })

  it('takes the named pipeline if it can run the handler', () => {
    expect(choose('summary', 'job')).to.equal('job')
    expect(choose('summary', 'daily')).to.equal('daily')
  })

  it('refuses a named pipeline that is unknown or runs something else, and says why', () => {
    expect(choose('ingest', 'none')).to.equal(
      'unknown: There is no pipeline "none"; those that run tasks are: job, daily, margin.',
    )
    expect(choose('ingest', 'daily')).to.match(/^unsuitable: .* runs only the handler "summary"/)
    expect(choose('ingest', 'margin')).to.match(/^unsuitable: .* runs a SQL statement at its times/)
    expect(choose('ingest', 'classifieds')).to.match(/^unsuitable: .* It runs no tasks\.$/)
  })
})
