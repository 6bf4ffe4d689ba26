import { expect } from 'chai'
import fc from 'fast-check'
import { ExactNumber, toExactJson } from '../../../services/ledger/tasks/exact-number.ts'
import { toLogText } from '../../../services/ledger/tasks/settlement.ts'
import { toResultMessage } from '../../../services/ledger/tasks/messages.ts'

describe('The JSON of the rows of a task', () => {
  it('is the same as that of JSON.stringify for values that JavaScript holds exactly', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(toExactJson(value)).to.equal(JSON.stringify(value))
      }),
    )
  })

  it('keeps all digits of other numbers, at any depth', () => {
    const exact = new ExactNumber('12345678901234567890.10')
    expect(toExactJson({ a: [exact, { b: exact, c: undefined }], d: 9007199254740993n })).to.equal(
      '{"a":[12345678901234567890.10,{"b":12345678901234567890.10}],"d":9007199254740993}',
    )
    expect(toExactJson(exact)).to.equal(exact.text)
    expect(toExactJson([new Date(0), undefined, NaN])).to.equal(
      '["1970-01-01T00:00:00.000Z",null,null]',
    )
  })

  it('has the parts of one table together in a message', () => {
    const parts = ['b', 'a', 'b'].map((table, index) => ({
      table,
      refresh: index === 2,
      rows: [{ index }],
    }))
    expect(JSON.parse(toResultMessage(parts))).to.deep.equal([
      { table: 'b', refresh: true, data: [{ index: 0 }, { index: 2 }] },
      { table: 'a', refresh: false, data: [{ index: 1 }] },
    ])
  })
})

describe('The stored log lines of a task', () => {
  it('are the last 200, of at most 64 KiB together', () => {
    const lines = Array.from({ length: 300 }, (_, index) => `line ${index}`)
    expect(toLogText(lines).split('\n')).to.deep.equal(lines.slice(100))
    expect(toLogText(lines.map((line) => line + 'x'.repeat(1_000))).length).to.be.within(
      60_000,
      65_536,
    )
    expect(toLogText(['a\nb', 'x'.repeat(100_000)])).to.have.length(65_536)
  })
})
