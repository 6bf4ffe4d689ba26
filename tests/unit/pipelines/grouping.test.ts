import { expect } from 'chai'
import { withOrigin } from '../../../services/ledger/origin.ts'
import { faultsOfChange } from '../../../services/pipelines/declaration/compare-declarations.ts'
import type { Declaration } from '../../../services/pipelines/declaration/declaration.ts'
import { parseDeclaration } from '../../../services/pipelines/declaration/parse-declaration.ts'
import { decodeGrouped } from '../../../services/pipelines/decode/decode-grouped.ts'
import { groupOf } from '../../../services/pipelines/decode/group-of.ts'

const text = (type: string, { key = 'id', more = '', from = '' } = {}) => `
name = "orders"
from.topic = { name = "orders", group_by = "kind"${more} }
[map]
columns = [
  { name = "id", type = "text" },
  { name = "kind", type = "${type}"${from} },
]
[to.table]
name = "orders"
key = ["${key}"]
`

function declare(source: string): Declaration {
  const parsed = parseDeclaration(source)
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.faults))
  return parsed.declaration
}

const aRecord = (value: string | null, key: string | null = null) => ({
  ...{
    key: key === null ? null : Buffer.from(key),
    value: value === null ? null : Buffer.from(value),
  },
  ...{ headers: [], appendedAt: 1_000_000, offset: 3, header: () => undefined },
})

describe('the group of a record', () => {
  const cases: [type: string, json: string, group: string | null][] = [
    ['text', '"Free"', 'Free'],
    ['text', '""', ''],
    ['integer', '7', '7'],
    ['integer', '"7.0"', '7'],
    ['bigint', '9007199254740993', '9007199254740993'],
    ['boolean', 'true', 'true'],
    ['numeric', '"-01.50"', '-1.5'],
    ['numeric', '-0.0', '0'],
    ['numeric', '100', '100'],
    ['numeric(6,2)', '1.5', '1.5'],
    ['double', '1.50', '1.5'],
    ['timestamp', '"2026-01-31T13:00:00+01:00"', '2026-01-31T12:00:00.000000Z'],
    ['date', '"2026-01-31"', '2026-01-31'],
    [
      ...['uuid', '"0AF76519-16CD-43DD-8448-EB211C80319C"'],
      '0af76519-16cd-43dd-8448-eb211c80319c',
    ] as [string, string, string],
    ['text', 'null', null],
    ['integer', '"seven"', null],
  ]

  for (const [type, json, group] of cases) {
    it(`by a ${type} column is ${JSON.stringify(group)} for ${json}`, () => {
      expect(groupOf(declare(text(type)), aRecord(`{"kind":${json}}`))).to.equal(group)
    })
  }

  it('is null for a record without a valid value, and the default for one without the field', () => {
    const declaration = declare(text('text', { from: ', default = "Free"' }))
    for (const value of [null, 'garbage', '[]']) {
      expect(groupOf(declaration, aRecord(value))).to.equal(null)
    }
    expect(groupOf(declaration, aRecord('{}'))).to.equal('Free')
  })

  it('can be the key of the record', () => {
    const declaration = declare(text('text', { from: ', from = "key"' }))
    expect(groupOf(declaration, aRecord('garbage', 'k'))).to.equal('k')
  })
})

describe('the row of a record of a grouped topic', () => {
  const at = { logId: 9, partition: 2 }
  const source = aRecord('{"id":"a","kind":"Free"}')
  const life = 'now'
  const headers = withOrigin(source, { logId: 4, partition: 1, offset: 33, life })
  const grouped = { ...source, headers, offset: 7 }

  it('has the position of the grouped topic if rows with equal keys come from one of its partitions', () => {
    const entry = decodeGrouped(declare(text('text', { key: 'kind' })), grouped, at)
    expect(entry.kind === 'row' && entry.row).to.include({ ...at, offset: 7 })
    expect(entry).to.include({ offset: 7, original: grouped })
  })

  it('has the position of the source topic otherwise', () => {
    const entry = decodeGrouped(declare(text('text')), grouped, at)
    const position = { logId: 4, partition: 1, offset: 33 }
    expect(entry.kind === 'row' && entry.row).to.include(position)
    expect(entry).to.include({ offset: 7, original: grouped })
  })
})

describe('declarations with group_by', () => {
  const faultsOf = (source: string): string[] => {
    const parsed = parseDeclaration(source)
    return parsed.ok ? [] : parsed.faults.map(({ message }) => message)
  }

  it('are refused for a column of the type json, and for a topic with too long a name', () => {
    expect(faultsOf(text('json'))).to.deep.equal([
      'from.topic.group_by: the column "kind" has the type json, whose values have no fixed text; name another column.',
    ])
    const name = 'x'.repeat(245)
    expect(faultsOf(text('text').replace('"orders", group', `"${name}", group`))).to.deep.equal([
      `from.topic.group_by: the name of the topic "${name}-by-kind" is longer than 249 characters; rename the topic or the column.`,
    ])
  })

  it('cannot change their column or their number of partitions', () => {
    const present = declare(text('text'))
    expect(
      faultsOfChange(present, declare(text('text', { more: ', partitions = 6' }))),
    ).to.deep.equal([])
    const [fault] = faultsOfChange(present, declare(text('text', { more: ', partitions = 3' })))
    expect(fault).to.equal('from.topic.partitions cannot change from "6" to "3".')
  })
})
