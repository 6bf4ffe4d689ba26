import { expect } from 'chai'
import { verdictsToJson, formatVerdictTable } from '../../../../scripts/verify/report.ts'
import type { Verdict } from '../../../../scripts/verify/run-fault.ts'
import { isPromiseKept } from '../../../../scripts/verify/run-fault.ts'

const good = {
  kind: 'injected',
  fault: 'consumer-kill',
  acknowledged: 10,
  stored: 10,
  lost: 0,
  duplicateRows: 0,
  refused: 2,
  recoverySeconds: 1.25,
  ledgerBalanced: true,
  failures: [],
} as const satisfies Verdict
const absent: Verdict = { kind: 'not-injected', fault: 'full-disk', why: 'it needs root' }

describe('the report of npm run verify', () => {
  it('is a table with one row per fault, and shows below why a fault was not injected', () => {
    expect(
      formatVerdictTable([good, absent])
        .split('\n')
        .map((line) => line.replaceAll(/ +/g, ' ')),
    ).to.deep.equal([
      'fault | acknowledged | stored | lost | duplicate rows | refused | recovery | ledger balanced',
      '--------------+--------------+--------+------+----------------+---------+----------+----------------',
      'consumer-kill | 10 | 10 | 0 | 0 | 2 | 1.3 s | yes',
      'full-disk | not injected | | | | | |',
      'full-disk: not injected: it needs root',
    ])
  })

  it('is JSON in which a fault that was not injected has no figures', () => {
    expect(JSON.parse(verdictsToJson(7, [good, absent]))).to.deep.equal({
      seed: 7,
      faults: [
        {
          fault: 'consumer-kill',
          acknowledged: 10,
          stored: 10,
          lost: 0,
          duplicateRows: 0,
          refused: 2,
          recoverySeconds: 1.25,
          ledgerBalanced: true,
        },
        {
          fault: 'full-disk',
          acknowledged: null,
          stored: null,
          lost: null,
          duplicateRows: null,
          refused: null,
          recoverySeconds: null,
          ledgerBalanced: null,
          notInjected: 'it needs root',
        },
      ],
    })
  })

  it('reports a violated guarantee if any part of it is violated', () => {
    expect(isPromiseKept(good)).to.equal(true)
    const broken: Verdict[] = [
      { ...good, lost: 1 },
      { ...good, duplicateRows: 1 },
      { ...good, ledgerBalanced: false },
      { ...good, recoverySeconds: null },
      { ...good, failures: ['answered 500'] },
    ]
    expect(broken.map(isPromiseKept)).to.deep.equal([false, false, false, false, false])
  })
})
