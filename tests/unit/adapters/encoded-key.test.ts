import { expect } from 'chai'
import { CopyRowEncoder } from '../../../services/adapters/postgres/tables/copy-row-encoder.ts'
import { encodedKeyOf } from '../../../services/adapters/postgres/tables/arrays/encoded-key.ts'
import { keyTextOf } from '../../../services/ledger/latest-rows.ts'
import { createDecoder } from '../../../services/pipelines/decode/create-decoder.ts'
import { parseDeclaration } from '../../../services/pipelines/declaration/parse-declaration.ts'
import { toTableSchema } from '../../../services/pipelines/declared-table.ts'

/** The key of a record as it is read from the encoded row, and from its values. */
function keysOf(types: readonly string[], values: readonly unknown[]) {
  const names = types.map((_, index) => `k${index}`)
  const columns = types.map((type, index) => `{ name = "k${index}", type = "${type}" }`)
  const key = names.toReversed().map((name) => `"${name}"`)
  const parsed = parseDeclaration(`
    name = "a"
    from.topic = "a"
    [map]
    columns = [ ${columns.join(', ')} ]
    [to.table]
    name = "a"
    key = [ ${key.join(', ')} ]
    on_conflict = "update"`)
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.faults))
  const schema = toTableSchema(parsed.declaration)
  const decode = createDecoder(parsed.declaration, new CopyRowEncoder(schema.columns.length))
  const fields = Object.fromEntries(names.map((name, index) => [name, values[index]]))
  const record = {
    ...{ offset: 9, key: null, headers: [], appendedAt: 0, header: () => undefined },
    value: Buffer.from(JSON.stringify(fields)),
  }
  const entry = decode(record, { logId: 1, partition: 0 })
  if (entry.kind === 'refused') throw new Error(entry.detail)
  expect(entry.row.encoded === undefined).to.equal(false)
  return { encoded: encodedKeyOf(schema)(entry.row), decoded: keyTextOf(schema)(entry.row) }
}

describe('the key of an encoded row', () => {
  const cases: readonly (readonly [title: string, types: string[], values: unknown[]])[] = [
    ['a text', ['text'], ['Žluť €']],
    ['an empty text', ['text'], ['']],
    ['an integer', ['integer'], [-2_147_483_648]],
    ['zero', ['integer'], [0]],
    ['a bigint', ['bigint'], [-123_456_789_012]],
    ['a boolean', ['boolean'], [false]],
    ['a date', ['date'], ['1969-12-31']],
    ['a time', ['timestamp'], ['2026-01-31T12:00:00.123456Z']],
    ['a time before 2000', ['timestamp'], ['1969-12-31T23:59:59.5Z']],
    ['a double', ['double'], [0.1]],
    ['a numeric value', ['numeric'], [1.5]],
    ['several columns', ['text', 'integer', 'boolean', 'text'], ['a', 7, true, 'b']],
  ]
  for (const [title, types, values] of cases) {
    it(`is the same text as that of its values: ${title}`, () => {
      const { encoded, decoded } = keysOf(types, values)
      expect(encoded).to.equal(decoded)
    })
  }
})
