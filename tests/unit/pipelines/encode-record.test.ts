import { expect } from 'chai'
import fc from 'fast-check'
import { CopyRowEncoder } from '../../../services/adapters/postgres/tables/copy-row-encoder.ts'
import { toCopyChunks } from '../../../services/adapters/postgres/tables/copy-binary.ts'
import type { DecodedEntry, SourceRecord } from '../../../services/ledger/batch.ts'
import type { Declaration } from '../../../services/pipelines/declaration/declaration.ts'
import { parseDeclaration } from '../../../services/pipelines/declaration/parse-declaration.ts'
import { toTableSchema } from '../../../services/pipelines/declared-table.ts'
import { createDecoder } from '../../../services/pipelines/decode/create-decoder.ts'
import type { DeclaredRow } from '../../../services/pipelines/decode/decode-record.ts'
import { decodeRecord } from '../../../services/pipelines/decode/decode-record.ts'

function aDeclaration({ columns = everyType, unknown = 'ignore', table = '' } = {}): Declaration {
  const parsed = parseDeclaration(
    `name = "a"\nfrom.topic = "a"\n[map]\nunknown = "${unknown}"\ncolumns = [ ${columns} ]\n[to.table]\nname = "a"\n${table}`,
  )
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.faults))
  return parsed.declaration
}

const everyType = `
  { name = "t", type = "text", max_length = 12 },
  { name = "i", type = "integer" },
  { name = "b", type = "bigint", default = 7 },
  { name = "d", type = "double" },
  { name = "n", type = "numeric" },
  { name = "p", type = "numeric(12,3)", default = 0 },
  { name = "f", type = "boolean", default = true },
  { name = "w", type = "timestamp" },
  { name = "y", type = "date" },
  { name = "r", type = "text", default = "€uro" }`

const at = { logId: 3, partition: 2 }

const aRecord = (value: Uint8Array): SourceRecord => ({
  ...{ offset: 70_000, key: null, headers: [], appendedAt: 1_700_000_000_123_000 },
  value,
  header: () => undefined,
})

type Outcome = { readonly wasEncoded: boolean; readonly result: unknown }

/** What both decoders make of a record: the bytes for `COPY`, or the refusal. */
function outcomesOf(declaration: Declaration, json: string | Uint8Array) {
  const schema = toTableSchema(declaration)
  const toOutcome = (entry: DecodedEntry<DeclaredRow>): Outcome => {
    if (entry.kind === 'refused') {
      return { wasEncoded: false, result: `${entry.code}: ${entry.detail}` }
    }
    const wasEncoded = entry.row.encoded !== undefined
    const chunks = [...toCopyChunks([entry], { ...schema, withOffset: false })]
    return { wasEncoded, result: Buffer.concat(chunks).toString('latin1') }
  }
  const record = aRecord(typeof json === 'string' ? Buffer.from(json) : json)
  const decode = createDecoder(declaration, new CopyRowEncoder(schema.columns.length))
  return {
    encoded: toOutcome(decode(record, at)),
    decoded: toOutcome(decodeRecord(declaration, record, at)),
  }
}

function expectEqual(declaration: Declaration, json: string | Uint8Array): Outcome {
  const { encoded, decoded } = outcomesOf(declaration, json)
  expect(encoded.result, String(json)).to.equal(decoded.result)
  return encoded
}

describe('encoding of declared records', () => {
  const declaration = aDeclaration()

  it('is left to the decoder if two columns have the same field', () => {
    const columns =
      '{ name = "a", type = "text", from = "$.x" }, { name = "b", type = "text", from = "$.x" }'
    const { wasEncoded } = expectEqual(aDeclaration({ columns }), '{"x":"text"}')
    expect(wasEncoded).to.equal(false)
  })

  const usual: readonly (readonly [title: string, json: string])[] = [
    ['no field', '{}'],
    ['spaces', ' { "t" : "a" ,\t"i"\r\n: 1 } '],
    ['another order', '{"i":1,"t":"x"}'],
    ['null', '{"t":null,"p":null,"r":null}'],
    ['a repeated field', '{"i":1,"i":2,"t":"a","t":null}'],
    ['an unknown field', '{"other":true,"":1,"i":5}'],
    ['a text in UTF-8', '{"t":"Žluť €"}'],
    ['an empty text', '{"t":""}'],
    ['integers', '{"i":-2147483648,"b":-123456789012}'],
    ['an integer with a fraction of zero', '{"i":1.0,"b":2.00}'],
    ['zeros', '{"i":0,"b":0,"d":0,"n":0,"p":0}'],
    ['doubles', '{"d":-52.520008}'],
    ['a double with many digits after the point', '{"d":0.000000000001}'],
    ['numbers with zeros at the end', '{"n":10.500,"p":10000.50,"d":1.0}'],
    ['a numeric value below one', '{"n":0.00012,"p":0.05}'],
    ['a negative numeric value', '{"n":-12345.6789,"p":-999999999.999}'],
    ['a numeric value with zero groups', '{"n":10000000.0001,"p":100000000}'],
    ['booleans', '{"f":false}'],
    ['a time in seconds', '{"w":"2026-11-28T23:59:59Z"}'],
    ['a time with seven decimals', '{"w":"2020-04-08T18:07:32.1688783Z"}'],
    ['a leap day', '{"w":"2024-02-29T00:00:00.5Z","y":"2000-02-29"}'],
    ['a day before 1970', '{"w":"1969-12-31T23:59:59.999999Z","y":"1805-01-01"}'],
  ]
  for (const [title, json] of usual) {
    it(`equals the decoding of a record with ${title}`, () => {
      expect(expectEqual(declaration, json).wasEncoded).to.equal(true)
    })
  }

  it('finds fields whose names have the same beginning, or characters that JSON can write in several ways', () => {
    const columns = ['i', 'id', 'žluť'].map(
      (name, index) => `{ name = "c${index}", type = "integer", from = "$.${name}" }`,
    )
    const named = aDeclaration({ columns: columns.join(', ') })
    for (const json of [
      '{"i":1,"id":2,"žluť":3}',
      '{"id":2,"i":1,"ž":4,"žluť":3}',
      '{"i":1,"id":2,"\\u017elu\\u0165":3}',
      '{"i":1,"id":2,"id"2":3}',
      '{"i":1,"id',
    ])
      expectEqual(named, json)
  })

  const unusual: readonly (readonly [title: string, json: string | Uint8Array])[] = [
    ['an escaped character', '{"t":"a\\u0041"}'],
    ['an escaped name', '{"\\u0074":"x"}'],
    ['a control character', '{"t":"a\nb"}'],
    ['an array', '{"t":["a"]}'],
    ['an object', '{"other":{"t":"a"},"i":1}'],
    ['an exponent', '{"i":1e3,"n":2E-4}'],
    ['a number with 20 digits', '{"n":12345678901234567890,"b":9007199254740993}'],
    ['minus zero', '{"d":-0}'],
    ['minus zero in a numeric value', '{"n":-0.0}'],
    ['a leading zero', '{"i":01}'],
    ['a leading plus', '{"i":+1}'],
    ['a point without digits', '{"d":1.}'],
    ['an integer with a fraction', '{"i":1.5}'],
    ['an integer out of range', '{"i":2147483648}'],
    ['a numeric value that is too large', '{"p":1000000000}'],
    ['a numeric value with too many decimals', '{"p":0.0001}'],
    ['a text that is too long', '{"t":"1234567890123"}'],
    ['a text with many bytes but few characters', '{"t":"€€€€€€€"}'],
    ['numbers as texts', '{"i":"17","n":"1.50","p":"2"}'],
    ['a wrong type', '{"t":1}'],
    ['a number for a boolean', '{"f":1}'],
    ['a time with an offset', '{"w":"2026-11-28T23:59:59+02:00"}'],
    ['a time in lower case', '{"w":"2026-11-28t23:59:59z"}'],
    ['a time of a distant year', '{"w":"9999-12-31T23:59:59.999999Z"}'],
    ['a leap second', '{"w":"2016-12-31T23:59:60Z"}'],
    ['a wrong day', '{"w":"2026-02-29T00:00:00Z"}'],
    ['hour 24', '{"w":"2026-02-28T24:00:00Z"}'],
    ['a day without time', '{"w":"2026-02-28"}'],
    ['the 31st of April', '{"y":"2026-04-31"}'],
    ['a comma at the end', '{"i":1,}'],
    ['something after the object', '{"i":1} x'],
    ['an unfinished object', '{"i":1'],
    ['an unfinished text', '{"t":"a'],
    ['no colon', '{"t" "a"}'],
    ['single quotes', "{'t':'a'}"],
    ['another word', '{"f":nul}'],
    ['an array at the top', '[]'],
    ['nothing', ''],
    ['a byte order mark', '\ufeff{"t":"a"}'],
    ['invalid UTF-8', Buffer.from('{"t":"\xff"}', 'latin1')],
    ['half of a surrogate pair', Buffer.from('{"t":"\xed\xa0\x80"}', 'latin1')],
    ['invalid UTF-8 in an unknown field', Buffer.from('{"other":"\xc3"}', 'latin1')],
  ]
  for (const [title, json] of unusual) {
    it(`leaves a record with ${title} to the decoder`, () => {
      expect(expectEqual(declaration, json).wasEncoded).to.equal(false)
    })
  }

  it('equals the decoding of any values', () => {
    fc.assert(
      fc.property(anyObject, (object) => {
        expectEqual(declaration, JSON.stringify(object))
      }),
      { numRuns: 2_000 },
    )
  })

  it('equals the decoding of numbers of any form', () => {
    const digits = fc.stringMatching(/^-?\d{1,17}(\.\d{1,16})?$/)
    fc.assert(
      fc.property(digits, fc.constantFrom('i', 'b', 'd', 'n', 'p'), (number, name) => {
        expectEqual(declaration, `{"${name}":${number}}`)
      }),
      { numRuns: 5_000 },
    )
  })

  it('equals the decoding of times of any form', () => {
    const parts = [/^(19|20)\d\d-[01]\d-[0-3]\d$/, /^T[0-2]\d:[0-6]\d:[0-6]\d$/, /^(\.\d{0,9})?Z?$/]
    const time = fc.tuple(...parts.map((part) => fc.stringMatching(part)))
    fc.assert(
      fc.property(time, ([day = '', timeOfDay = '', end = '']) => {
        expectEqual(declaration, `{"y":"${day}","w":"${day}${timeOfDay}${end}"}`)
        expectEqual(declaration, `{"w":"${day}${timeOfDay}${end}"}`)
      }),
      { numRuns: 5_000 },
    )
  })

  it('equals the decoding of damaged records', () => {
    const json = '{"t":"Žluť","i":-17,"d":0.25,"f":true,"w":"2026-11-28T23:59:59.5Z","n":null}'
    const bytes = fc.record({
      index: fc.nat(Buffer.byteLength(json) - 1),
      byte: fc.nat(255),
      isRemoved: fc.boolean(),
    })
    fc.assert(
      fc.property(bytes, ({ index, byte, isRemoved }) => {
        const damaged = [...Buffer.from(json)]
        damaged.splice(index, 1, ...(isRemoved ? [] : [byte]))
        expectEqual(declaration, Buffer.from(damaged))
      }),
      { numRuns: 5_000 },
    )
  })

  it('writes the position of the record after the columns', () => {
    const table = 'key = ["i"]\non_conflict = "update"'
    const keyed = aDeclaration({ columns: '{ name = "i", type = "integer" }', table })
    expect(expectEqual(keyed, '{"i":1}').wasEncoded).to.equal(true)
  })

  it('refuses a missing field and an unknown field like the decoder', () => {
    const columns = '{ name = "i", type = "integer", required = true }'
    const strict = aDeclaration({ columns, unknown: 'reject' })
    expect(expectEqual(strict, '{"i":1}').wasEncoded).to.equal(true)
    expect(expectEqual(strict, '{}').result).to.match(/^missing-field/)
    expect(expectEqual(strict, '{"i":1,"j":2}').result).to.match(/^unknown-field/)
  })

  it('decodes the values of an encoded row when they are needed', () => {
    const ofText = aDeclaration({ columns: '{ name = "t", type = "text" }' })
    const decode = createDecoder(ofText, new CopyRowEncoder(1))
    const entry = decode(aRecord(Buffer.from('{"t":"a"}')), at)
    expect(entry).to.have.nested.property('row.encoded')
    expect(entry).to.have.deep.nested.property('row.values', ['a'])
    expect(entry).to.have.nested.include({
      'row.logId': 3,
      'row.partition': 2,
      'row.offset': 70_000,
    })
  })
})

const anyScalar = fc.oneof(
  fc.constant(null),
  fc.boolean(),
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.string({ unit: 'binary', maxLength: 14 }),
  fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
)

const anyObject = fc.dictionary(
  fc.constantFrom('t', 'i', 'b', 'd', 'n', 'p', 'f', 'w', 'y', 'r', 'other'),
  anyScalar,
)
