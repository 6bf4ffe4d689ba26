import { expect } from 'chai'
import { toReadable } from '../../../scripts/worker/readable-log.ts'

const line = (fields: object): string =>
  JSON.stringify({
    ...{ level: 'warn', time: '2026-11-28T18:58:14.465Z', service: 'worker', pid: 7 },
    ...fields,
  })

describe('toReadable', () => {
  it('writes time, level, event and the other fields, without service and pid', () => {
    const fields = { pipeline: 'classifieds', offset: 3, event: 'batch-stored' }
    expect(toReadable(line(fields))).to.equal(
      '18:58:14 warn  batch-stored pipeline=classifieds offset=3',
    )
  })

  it('quotes texts with spaces and writes lists as JSON', () => {
    const fields = { error: 'no "topic"', faults: ['a b'], event: 'refused' }
    expect(toReadable(line(fields))).to.equal(
      '18:58:14 warn  refused error="no \\"topic\\"" faults=["a b"]',
    )
  })

  it('escapes control characters, which a terminal would interpret', () => {
    expect(toReadable(line({ event: 'refused', key: '\u001b[2J\u009b' }))).to.equal(
      '18:58:14 warn  refused key=\\u001b[2J\\u009b',
    )
  })
})
