import { expect } from 'chai'
import fc from 'fast-check'
import type { SourceRecord } from '../../../services/ledger/batch.ts'
import { parseDeclaration } from '../../../services/pipelines/declaration/parse-declaration.ts'
import { decodeRecord } from '../../../services/pipelines/decode/decode-record.ts'
import {
  ExactNumber,
  parseExactJson,
  stringifyExactJson,
  toPlainDecimal,
} from '../../../services/pipelines/decode/exact-json.ts'

type Parts = Partial<Pick<SourceRecord, 'key' | 'headers' | 'appendedAt'>>

function aRecord(value: string | Uint8Array | null, parts: Parts = {}): SourceRecord {
  const headers = parts.headers ?? []
  return {
    ...{ offset: 7, key: null, headers, appendedAt: 1_700_000_000_123_000, ...parts },
    value: typeof value === 'string' ? Buffer.from(value) : value,
    header: (name) => {
      const found = headers.find(([each]) => each === name)
      return found && Buffer.from(found[1]).toString()
    },
  }
}

function aDeclaration(columns: string, more = '') {
  const parsed = parseDeclaration(
    `name = "a"\nfrom.topic = "a"\nmap = { ${more} columns = [ ${columns} ] }\nto.table.name = "a"`,
  )
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.faults))
  return parsed.declaration
}

/** The values of a record, or the code and the detail of its refusal. */
function decoded(columns: string, record: SourceRecord, more = ''): unknown {
  const entry = decodeRecord(aDeclaration(columns, more), record, { logId: 1, partition: 2 })
  return entry.kind === 'row' ? entry.row.values : `${entry.code}: ${entry.detail}`
}

const valueOf = (type: string, json: string): unknown =>
  decoded(`{ name = "x", type = "${type}" }`, aRecord(`{"x":${json}}`))

describe('decodeRecord', () => {
  const stored: readonly [type: string, json: string, value: unknown][] = [
    ['text', '"é"', 'é'],
    ['text', 'null', null],
    ['integer', '-2147483648', -2147483648],
    ['integer', '1.0', 1],
    ['integer', '"17"', 17],
    ['bigint', '9007199254740993', 9007199254740993n],
    ['bigint', '"9223372036854775807"', 9223372036854775807n],
    ['bigint', '9e3', 9000],
    ['double', '0.1', 0.1],
    ['double', '0.1000000000000000055511151231257827', 0.1],
    ['numeric', '12345678901234567890.123456789', '12345678901234567890.123456789'],
    ['numeric', '1.5e3', '1500'],
    ['numeric', '1e-7', '0.0000001'],
    ['numeric(12,3)', '0.9', '0.900'],
    ['numeric(12,3)', '"10000.50"', '10000.500'],
    ['numeric(12,3)', '1.5000', '1.500'],
    ['numeric(3,0)', '-999', '-999'],
    ['boolean', 'false', false],
    ['timestamp', '"2020-04-08T18:07:32.1688783Z"', 1_586_369_252_168_878],
    ['timestamp', '"9999-12-31T23:59:59.999999Z"', 253402300799999999n],
    ['timestamp', '"0001-01-01T00:00:00.0000019Z"', -62135596799999999n],
    ['timestamp', '"2020-04-08T20:07:32+02:00"', 1_586_369_252_000_000],
    ['date', '"2024-02-29"', 19_782],
    ['date', '"1969-12-31"', -1],
    ['uuid', '"00000000-0000-0000-0000-00000000000F"', '00000000-0000-0000-0000-00000000000f'],
    ['json', '{"b": [1, 12345678901234567890.5]}', '{"b":[1,12345678901234567890.5]}'],
    ['json', '"\\\\u0000"', '"\\\\u0000"'],
  ]
  for (const [type, json, value] of stored) {
    it(`stores ${json} in a column of the type ${type}`, () => {
      expect(valueOf(type, json)).to.deep.equal([value])
    })
  }

  const refused: readonly [type: string, json: string, reason: string][] = [
    ['text', '7', 'wrong-type: The field "x" is 7; expected a text.'],
    ['text', '"a\\u0000b"', 'bad-text: The field "x" has a NUL character'],
    ['text', '"\\ud800"', 'bad-text: The field "x" has half of a surrogate pair'],
    ['integer', '2147483648', 'out-of-range: The field "x" is 2147483648, outside the range'],
    ['integer', '1.5', 'wrong-type: The field "x" is 1.5; expected a whole number.'],
    ['integer', 'true', 'wrong-type: The field "x" is true; expected a whole number.'],
    ['bigint', '9223372036854775808', 'out-of-range: The field "x" is 9223372036854775808'],
    ['bigint', '1e400', 'out-of-range: The field "x" is 1e400'],
    ['double', '1e400', 'out-of-range: The field "x" is 1e400, outside the range of a double.'],
    ['double', '"NaN"', 'wrong-type: The field "x" is "NaN"; expected a number.'],
    ['numeric(12,3)', '1.2345', 'inexact-number: The field "x" is 1.2345; the column has 3 digits'],
    [
      'numeric(3,1)',
      '100',
      'out-of-range: The field "x" is 100, outside the range of numeric(3,1).',
    ],
    ['boolean', '"true"', 'wrong-type: The field "x" is "true"; expected true or false.'],
    ['timestamp', '"2020-04-08 18:07:32"', 'wrong-type: The field "x" is "2020-04-08 18:07:32"'],
    ['timestamp', '"0000-01-01T00:00:00Z"', 'wrong-type: The field "x"'],
    ['date', '"2023-02-29"', 'wrong-type: The field "x" is "2023-02-29"; expected a date'],
    ['date', '"0000-01-01"', 'wrong-type: The field "x"'],
    ['uuid', '"7"', 'wrong-type: The field "x" is "7"; expected a UUID.'],
    ['json', '["\\u0000"]', 'bad-text: The field "x" has a NUL character'],
    ['json', '["\\ud800"]', 'bad-text: The field "x" has half of a surrogate pair'],
    ['json', '{"\\udfff":1}', 'bad-text: The field "x" has half of a surrogate pair'],
  ]
  for (const [type, json, reason] of refused) {
    it(`refuses ${json} for a column of the type ${type}`, () => {
      expect(valueOf(type, json)).to.include(reason)
    })
  }

  it('refuses values that are not JSON objects', () => {
    const column = '{ name = "x", type = "text" }'
    expect(decoded(column, aRecord(null))).to.equal('no-value: The record has no value.')
    expect(decoded(column, aRecord(Buffer.from([0xff])))).to.include('not-utf8: ')
    expect(decoded(column, aRecord('{'))).to.include('not-json: The value is not JSON: ')
    expect(decoded(column, aRecord("{'x': 1}"))).to.include('JSON needs double quotes.')
    expect(decoded(column, aRecord('[1]'))).to.include('not-an-object: ')
  })

  it('refuses values that are nested more than 500 levels deep, whatever column reads them', () => {
    const nested = (depth: number, inner: string) =>
      aRecord(`{"x":${'['.repeat(depth - 1)}${inner}${']'.repeat(depth - 1)}}`)
    for (const type of ['json', 'text']) {
      const column = `{ name = "x", type = "${type}" }`
      expect(decoded(column, aRecord(`{"x":${'['.repeat(100_000)}`))).to.include('too-deep: ')
      for (const inner of ['', '1234567890123456789', '"]]]]]]]\\"]]"']) {
        const reason =
          'too-deep: The value has arrays or objects that are nested more than 500 levels deep.'
        expect(decoded(column, nested(501, inner))).to.equal(reason)
        expect(decoded(column, nested(50_000, inner))).to.equal(reason)
        expect(decoded(column, nested(500, inner))).to.not.equal(reason)
      }
    }
    const brackets = aRecord(JSON.stringify({ x: '[{'.repeat(1_000) }))
    expect(decoded('{ name = "x", type = "text" }', brackets)).to.deep.equal(['[{'.repeat(1_000)])
  })

  it('uses the default for a missing field and for null, and refuses a missing required field', () => {
    const column = '{ name = "kind", type = "text", default = "Free" }'
    expect(decoded(column, aRecord('{}'))).to.deep.equal(['Free'])
    expect(decoded(column, aRecord('{"kind":null}'))).to.deep.equal(['Free'])
    const required = '{ name = "kind", type = "text", required = true, from = "$.ad.kind" }'
    expect(decoded(required, aRecord('{"ad":{"kind":"x"}}'))).to.deep.equal(['x'])
    expect(decoded(required, aRecord('{"ad":{}}'))).to.equal(
      'missing-field: The field "ad.kind" is missing.',
    )
    expect(decoded(required, aRecord('{"ad":"x"}'))).to.include('missing-field: ')
    expect(
      decoded(
        '{ name = "x", type = "text", required = true, from = "$.constructor.name" }',
        aRecord('{}'),
      ),
    ).to.include('missing-field: ')
  })

  it('ignores, refuses or stores fields that no column reads', () => {
    const record = aRecord('{"x":"a","y":1,"z":12345678901234567890}')
    const column = '{ name = "x", type = "text" }'
    expect(decoded(column, record)).to.deep.equal(['a'])
    expect(decoded(column, record, 'unknown = "reject",')).to.equal(
      'unknown-field: No column reads the fields "y", "z".',
    )
    const rest = `${column}, { name = "rest", type = "json" }`
    expect(decoded(rest, record, 'unknown = "column:rest",')).to.deep.equal([
      'a',
      '{"y":1,"z":12345678901234567890}',
    ])
    expect(decoded(rest, aRecord('{"x":"a"}'), 'unknown = "column:rest",')).to.deep.equal([
      'a',
      null,
    ])
  })

  it('reads the key, headers and the time of the record', () => {
    const columns = `{ name = "k", type = "text", from = "key" },
      { name = "h", type = "integer", from = "header:number" },
      { name = "all", type = "json", from = "headers" },
      { name = "at", type = "timestamp", from = "time" }`.replaceAll('\n', ' ')
    const headers = [['number', Buffer.from('5')]] as const
    expect(decoded(columns, aRecord('{}', { key: Buffer.from('K'), headers }))).to.deep.equal([
      ...['K', 5, '{"number":"5"}', 1_700_000_000_123_000],
    ])
    expect(decoded(columns, aRecord('{}'))).to.deep.equal([null, null, '{}', 1_700_000_000_123_000])
  })

  it('stores no time of a record without one, and refuses times that Postgres cannot hold', () => {
    const column = '{ name = "at", type = "timestamp", from = "time" }'
    expect(decoded(column, aRecord('{}', { appendedAt: -1_000 }))).to.deep.equal([null])
    for (const appendedAt of [1e20, -1e19]) {
      expect(decoded(column, aRecord('{}', { appendedAt }))).to.equal(
        `out-of-range: The time of the record is ${appendedAt / 1_000} ms after 1970-01-01; expected a time in the years 0001 to 9999.`,
      )
    }
  })

  it('refuses keys and headers that are not UTF-8, and lists the values of repeated headers', () => {
    const bytes = Buffer.from([0xff])
    expect(
      decoded('{ name = "k", type = "text", from = "key" }', aRecord('{}', { key: bytes })),
    ).to.equal('not-utf8: The key of the record is not valid UTF-8.')
    const withHeader = aRecord('{}', { headers: [['h', bytes]] })
    for (const column of [
      '{ name = "h", type = "text", from = "header:h" }',
      '{ name = "h", type = "json", from = "headers" }',
    ]) {
      expect(decoded(column, withHeader)).to.equal('not-utf8: The header "h" is not valid UTF-8.')
    }
    const headers = (['x', 'y', 'z'] as const).map((text) => ['h', Buffer.from(text)] as const)
    const all = '{ name = "all", type = "json", from = "headers" }'
    expect(decoded(all, aRecord('{}', { headers }))).to.deep.equal(['{"h":["x","y","z"]}'])
  })

  it('counts characters, not UTF-16 units, for max_length', () => {
    const column = '{ name = "x", type = "text", max_length = 2 }'
    expect(decoded(column, aRecord('{"x":"🚐🚐"}'))).to.deep.equal(['🚐🚐'])
    expect(decoded(column, aRecord('{"x":"🚐🚐🚐"}'))).to.include('has 3 characters')
  })

  it('refuses a text that is longer than max_length', () => {
    const column = '{ name = "x", type = "text", max_length = 3 }'
    expect(decoded(column, aRecord('{"x":"abc"}'))).to.deep.equal(['abc'])
    expect(decoded(column, aRecord('{"x":"abcd"}'))).to.include('too-long: The field "x" has 4')
  })
})

describe('parseExactJson', () => {
  it('parses like JSON.parse if each number is a double', () => {
    const value = fc.jsonValue({ noUnicodeString: false })
    fc.assert(
      fc.property(value, (any) => {
        const text = JSON.stringify(any)
        expect(parseExactJson(text)).to.deep.equal(JSON.parse(text))
      }),
    )
  })

  it('finds numbers with many digits behind any text', () => {
    const exact = '0.12345678901234567890'
    for (const name of ['a', 'quo"ted', 'back\\', '\\"', '1e5', '12345678901234567890']) {
      const parsed = parseExactJson(`{${JSON.stringify(name)}:[1,"1",${exact}]}`)
      expect(parsed).to.deep.equal({ [name]: [1, '1', new ExactNumber(exact)] })
    }
  })

  it('refuses a text without an end', () => {
    for (const text of ['{"a', '{"a\\"', '"\\"', '"'])
      expect(() => parseExactJson(text), text).to.throw(SyntaxError)
  })

  it('keeps all digits of every number', () => {
    const number = fc
      .tuple(
        fc.bigInt({ min: -(10n ** 25n), max: 10n ** 25n }),
        fc.nat(10 ** 9),
        fc.integer({ min: -30, max: 30 }),
      )
      .map(([integer, fraction, exponent]) => `${integer}.${fraction}e${exponent}`)
    fc.assert(
      fc.property(number, (text) => {
        const parsed = parseExactJson(text)
        const kept = parsed instanceof ExactNumber ? parsed.text : String(parsed)
        expect(toPlainDecimal(kept)).to.equal(toPlainDecimal(text))
        expect(toPlainDecimal(stringifyExactJson(parsed))).to.equal(toPlainDecimal(text))
      }),
    )
  })
})
