import { expect } from 'chai'
import { withLiterals } from '../../../services/adapters/postgres/windows/call-literals.ts'

const span = { from: new Date('2026-03-01T10:00Z'), to: new Date('2026-03-01T11:00Z') }
const [from, to] = [`'2026-03-01T10:00:00.000Z'`, `'2026-03-01T11:00:00.000Z'`]

describe('The parameters of a CALL', () => {
  for (const { text, expected } of [
    { text: 'CALL p($1, $2)', expected: `CALL p(${from}, ${to})` },
    { text: 'CALL p($2::date,$1)', expected: `CALL p(${to}::date,${from})` },
    { text: 'CALL p($1, $12, a$1)', expected: `CALL p(${from}, $12, a$1)` },
  ])
    it(`are replaced by times in "${text}"`, () => {
      expect(withLiterals(text, span)).to.equal(expected)
    })

  for (const quoted of [
    `'a ''$1'''`,
    `E'\\'$1'`,
    `"$1"""`,
    '$$ $1 $$',
    '$a$ $$ $1 $a$',
    '/* $1 */',
    '-- it is $1\n',
  ])
    it(`are not replaced in ${JSON.stringify(quoted)}`, () => {
      expect(withLiterals(`CALL p(${quoted}, $1)`, span)).to.equal(`CALL p(${quoted}, ${from})`)
    })
})
