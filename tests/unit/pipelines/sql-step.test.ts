import { expect } from 'chai'
import { parsePipeline } from '../../../services/pipelines/declaration/parse-pipeline.ts'

const withTable = `name = "margin"
from.schedule = { every = "1 h" }
sql = "sql/margin.sql"
to.table.name = "margin_info"
`

/** The faults of a declaration whose file of SQL has this text. */
function faultsWith(sql: string, declaration = withTable): string[] {
  const parsed = parsePipeline(declaration, () => ({ text: sql }))
  return parsed.ok ? [] : parsed.faults.map(({ message }) => message)
}

describe('The file of the step sql', () => {
  const refused: readonly [text: string, fault: string][] = [
    ['', 'is empty; it needs one SELECT or one CALL.'],
    ['-- only a comment;\n/* and /* another */; */', 'is empty'],
    ['SELECT 1; SELECT 2', 'has 2 statements'],
    ['DELETE FROM b', 'begins with DELETE'],
    ['update b set c = 1', 'begins with UPDATE'],
    ['(SELECT 1)', 'begins with a character that begins no statement'],
    ['SELECT $3', 'has the parameter $3; there are only $1 and $2, the window.'],
    ['call p($1, $2)', 'is a CALL, which returns no rows; remove "to".'],
  ]
  for (const [text, fault] of refused) {
    it(`is refused if it is ${JSON.stringify(text)}`, () => {
      expect(faultsWith(text).join('\n')).to.include(fault)
    })
  }

  const accepted = [
    'SELECT 1;',
    ';; -- first\nSELECT 1 /* ; */; -- last;',
    'WITH a AS (SELECT \';\') SELECT ";" FROM a',
    "SELECT E'it\\'s; ', 'it''s;', $$ ; $$, $tag$ ; $$ ; $tag$, $1::timestamptz, $2",
    'select a$3, 1e3',
  ]
  for (const text of accepted) {
    it(`is one statement if it is ${JSON.stringify(text)}`, () => {
      expect(faultsWith(text)).to.deep.equal([])
    })
  }

  it('can be a CALL without a target', () => {
    const withoutTarget = withTable.replace(/to.table.*/, '')
    expect(faultsWith('CALL margins($1, $2);', withoutTarget)).to.deep.equal([])
  })
})
