import { expect } from 'chai'
import { aConsumedRecord } from '../../support/builders.ts'

describe('ClientRecord', () => {
  const record = aConsumedRecord(1, {
    headers: {
      once: Buffer.from('a'),
      text: 'b',
      twice: [Buffer.from('c'), 'd'],
      empty: undefined,
    },
  })

  it('lists a header once for each value that is bytes or a text', () => {
    expect(
      record.headers.map(([name, value]) => [name, Buffer.from(value).toString()]),
    ).to.deep.equal([
      ['once', 'a'],
      ['text', 'b'],
      ['twice', 'c'],
      ['twice', 'd'],
    ])
  })

  it('returns the first value of a header as a text', () => {
    const names = ['once', 'text', 'twice', 'empty', 'absent']
    expect(names.map((name) => record.header(name))).to.deep.equal([
      'a',
      'b',
      'c',
      undefined,
      undefined,
    ])
  })

  it('ignores properties that every object inherits, e.g. constructor', () => {
    expect(record.header('constructor')).to.equal(undefined)
    const given = aConsumedRecord(1, { headers: { constructor: Object as never } })
    expect([given.header('constructor'), given.headers]).to.deep.equal([undefined, []])
  })
})
