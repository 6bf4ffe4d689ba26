import { expect } from 'chai'
import { rowText } from '../../../../services/tasks/handlers/child/row-text.ts'

describe('the JSON of a row', () => {
  it('has all digits of a bigint, at any depth', () => {
    const row = { a: 12345678901234567890n, b: [{ c: -1n }], d: 1.5 }
    expect(rowText(row, 'row')).to.equal('{"a":12345678901234567890,"b":[{"c":-1}],"d":1.5}')
  })

  it('has no value for a missing one, and dates as ISO text', () => {
    expect(rowText({ a: undefined, b: null, c: new Date(0) }, 'row')).to.equal(
      '{"b":null,"c":"1970-01-01T00:00:00.000Z"}',
    )
  })

  it('may have a text that looks like a bigint of ours only if that text is refused', () => {
    expect(() => rowText({ a: '\u0001bigint:1' }, 'row')).to.throw('row.a begins with U+0001')
    expect(rowText({ a: '1' }, 'row')).to.equal('{"a":"1"}')
  })

  it('names the place of a wrong value in an object of an array', () => {
    expect(() => rowText({ list: [1, { x: -Infinity }] }, 'result[0].data[2]')).to.throw(
      'result[0].data[2].list[1].x is -Infinity; use null for a number that is not known.',
    )
  })

  it('accepts objects without a prototype, and refuses instances of classes', () => {
    expect(rowText(Object.assign(Object.create(null) as object, { a: 1 }), 'row')).to.equal(
      '{"a":1}',
    )
    expect(() => rowText({ a: new Set([1]) }, 'row')).to.throw('row.a is a Set')
  })
})
