import { expect } from 'chai'
import { Registry } from 'prom-client'
import { reportRefusedHeaders } from '../../../services/adapters/http/proxy/refused-headers.ts'
import { captureLog } from '../../support/captured-log.ts'

describe('reportRefusedHeaders', () => {
  it('logs each reason, at most once a minute, also if another reason is frequent', () => {
    const { logger, lines } = captureLog()
    const report = reportRefusedHeaders(new Registry(), logger)
    for (let times = 0; times < 50; times += 1) report('version-1', '127.0.0.1')
    report('wrong-secret', '127.0.0.1')
    report('version-1', '127.0.0.1')
    expect(lines.map(({ why, refused }) => [why, refused])).to.deep.equal([
      ['version-1', 1],
      ['wrong-secret', 1],
    ])
  })
})
