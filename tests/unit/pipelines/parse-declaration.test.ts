import { expect } from 'chai'
import type { ParsedDeclaration } from '../../../services/pipelines/declaration/parse-declaration.ts'
import { parseDeclaration } from '../../../services/pipelines/declaration/parse-declaration.ts'

const valid = `name = "orders"
from.topic = "orders"
[map]
columns = [
  { name = "id", type = "text" },
  { name = "changed_at", type = "timestamp" },
  { name = "price", type = "numeric(12,3)", default = 0 },
  { name = "rest", type = "json" },
]
[to.table]
name = "orders"
key = ["id"]
on_conflict = "newest:changed_at"
`

function faultsOf(parsed: ParsedDeclaration): string[] {
  if (parsed.ok) return []
  return parsed.faults.map(({ line, column, message }) => `${line}:${column} ${message}`)
}

/** The faults after a part of the valid declaration has been replaced. */
function faultsWith(part: string | RegExp, replacement: string): string[] {
  const text = valid.replace(part, replacement)
  expect(text, `"${String(part)}" is in the declaration`).to.not.equal(valid)
  return faultsOf(parseDeclaration(text))
}

describe('parseDeclaration', () => {
  it('returns a declaration with the defaults of its keys', () => {
    const parsed = parseDeclaration(valid)
    expect(parsed.ok && parsed.declaration).to.deep.equal({
      name: 'orders',
      isEnabled: true,
      topic: {
        ...{ name: 'orders', start: 'earliest' },
        ...{ group: undefined, groupBy: undefined, partitions: undefined },
      },
      batch: undefined,
      commitEvery: undefined,
      unknownFields: { kind: 'ignore' },
      columns: [
        aColumn('id', { type: 'text', required: true }),
        aColumn('changed_at', { type: 'timestamp' }),
        aColumn('price', { type: 'numeric', precision: 12, scale: 3, default: 0 }),
        aColumn('rest', { type: 'json' }),
      ],
      table: {
        name: 'orders',
        key: ['id'],
        onConflict: { kind: 'newest', column: 'changed_at' },
      },
    })
  })

  it('reads all keys', () => {
    const parsed = parseDeclaration(`name = "classifieds"
enabled = false
from.topic = { name = "data", start = "latest", group = "an_application", group_by = "kind", partitions = 6 }
batch = { records = 15, within = "30 s" }
commit_every = 1000
[map]
unknown = "column:rest"
columns = [
  { name = "id", type = "uuid", from = "key" },
  { name = "kind", type = "text", from = "$.ad.kind", max_length = 20, required = true, comment = "Kind of ad" },
  { name = "trace", type = "text", from = "header:trace-id" },
  { name = "headers", type = "json", from = "headers" },
  { name = "at", type = "timestamp", from = "time" },
  { name = "rest", type = "json" },
]
[to.table]
name = "classifieds"
`)
    if (!parsed.ok) throw new Error(faultsOf(parsed).join('\n'))
    const { declaration } = parsed
    expect(declaration.isEnabled).to.equal(false)
    expect(declaration.topic).to.deep.equal({
      ...{ name: 'data', start: 'latest', group: 'an_application' },
      ...{ groupBy: 'kind', partitions: 6 },
    })
    expect(declaration.batch).to.deep.equal({ records: 15, withinMs: 30_000 })
    expect(declaration.commitEvery).to.equal(1_000)
    expect(declaration.unknownFields).to.deep.equal({ kind: 'column', name: 'rest' })
    expect(declaration.columns.map(({ source }) => source)).to.deep.equal([
      { kind: 'key' },
      { kind: 'field', path: ['ad', 'kind'] },
      { kind: 'header', name: 'trace-id' },
      { kind: 'headers' },
      { kind: 'time' },
      { kind: 'field', path: ['rest'] },
    ])
    expect(declaration.columns[1]).to.deep.include({
      ...{ maxLength: 20, required: true, comment: 'Kind of ad' },
    })
    expect(declaration.table.key).to.deep.equal([])
  })

  it('reports all faults of one file, in the order of the file', () => {
    const faults = faultsOf(
      parseDeclaration(
        valid.replace('"orders"', '"Orders"').replace('"text"', '"txt"').replace('["id"]', '[]'),
      ),
    )
    expect(faults.map((fault) => fault.split(' ')[0])).to.deep.equal(['1:8', '5:25', '12:7'])
  })

  const kinds =
    'text, integer, bigint, double, numeric, numeric(p,s), boolean, timestamp, date, uuid or json'
  const wrong: readonly [part: string | RegExp, replacement: string, fault: string][] = [
    // Syntax: only the first fault.
    ['[map]', '[map', '4:1 The file is not valid TOML'],
    ['name = "orders"\n', 'name = orders\n', '1:8 The file is not valid TOML'],
    ['[to.table]', 'name = "twice"\nname = "again"\n[to.table]', 'The file is not valid TOML'],
    ['key = ["id"]', 'key = ["id"', 'The file is not valid TOML'],
    // Keys of the whole file.
    ['name = "orders"\n', '', '1:1 name: expected a name of up to 63 lower-case letters'],
    ['"orders"', '""', '1:8 name: expected a name'],
    ['"orders"', '"my orders"', '1:8 name: expected a name'],
    ['"orders"', '"readings"', '1:8 name: "readings" is the pipeline of the vehicles'],
    ['"orders"\n', '7\n', '1:8 name: expected a name'],
    ['from.topic', 'form.topic', '2:1 form: unknown key; expected one of: name, enabled, from'],
    ['from.topic = "orders"', 'from.files = "x"', '2:6 from.files: unknown key'],
    [
      '[map]',
      'run = "handler"\n[map]',
      '3:1 run: only for a pipeline with the step "run", "sql" or "shell"',
    ],
    [
      '[map]',
      'sql = "x.sql"\n[map]',
      '3:1 sql: only for a pipeline with the step "run", "sql" or "shell"',
    ],
    ['[map]', 'enabled = "yes"\n[map]', '3:11 enabled: expected true or false; it is "yes".'],
    [
      '[map]',
      'batch = { records = 0, within = "30 s" }\n[map]',
      '3:21 batch.records: expected a whole',
    ],
    [
      '[map]',
      'batch = { records = 15, within = "30" }\n[map]',
      '3:34 batch.within: expected a whole',
    ],
    [
      '[map]',
      'batch = { records = 15, within = "61 min" }\n[map]',
      '3:34 batch.within: expected a whole number and ms, s, min, h or d, e.g. "30 s", above 0 and up to 1 h; it is "61 min".',
    ],
    [
      '[map]',
      'batch = { records = 15 }\n[map]',
      '3:9 batch.within: expected a whole number and ms',
    ],
    ['[map]', 'commit_every = 1.5\n[map]', '3:16 commit_every: expected a whole number'],
    // The topic.
    [
      'from.topic = "orders"',
      'from.topic = ""',
      `2:14 from.topic: expected a topic name: A-Z, a-z, 0-9, '.', '_' and '-'; it is "".`,
    ],
    [
      'from.topic = "orders"',
      'from.topic = "a b"',
      `2:14 from.topic: expected a topic name: A-Z, a-z, 0-9, '.', '_' and '-'; it is "a b".`,
    ],
    [
      'from.topic = "orders"',
      'from.topic = { name = ".." }',
      `2:23 from.topic.name: expected a topic name: A-Z, a-z, 0-9, '.', '_' and '-'; it is "..".`,
    ],
    // Names that Postgres uses.
    [
      'name = "orders"\nkey',
      'name = "pg_class"\nkey',
      '11:8 to.table.name: names that begin with "pg_" belong to Postgres; choose another name.',
    ],
    [
      '{ name = "rest", type = "json" }',
      '{ name = "ctid", type = "json" }',
      '8:12 map.columns[3]: Postgres has a system column "ctid" in every table; choose another name, and declare from = "$.ctid".',
    ],
    ['from.topic = "orders"', 'from.topic = 3', '2:14 from.topic: expected the name of a topic'],
    [
      'from.topic = "orders"',
      'from.topic = { name = "orders", start = "newest" }',
      '2:41 from.topic.start: expected one of "earliest", "latest", "committed"; it is "newest".',
    ],
    [
      'from.topic = "orders"',
      'from.topic = { name = "orders", start = "committed" }',
      '2:41 from.topic.start: "committed" continues where the consumer group',
    ],
    [
      'from.topic = "orders"',
      'from.topic = { name = "orders", partition = 3 }',
      '2:33 from.topic.partition: unknown key; expected one of: name, start, group, group_by, partitions.',
    ],
    [
      'from.topic = "orders"',
      'from.topic = { name = "orders", partitions = 3 }',
      '2:46 from.topic.partitions: it is the number of partitions of the topic that group_by writes',
    ],
    [
      'from.topic = "orders"',
      'from.topic = { name = "orders", group_by = "kind" }',
      '2:44 from.topic.group_by: there is no column "kind"; the columns are id, changed_at',
    ],
    // The columns.
    [/columns = \[[^]*?\n\]/, 'columns = []', '4:11 map.columns: expected at least one column'],
    [/columns = \[[^]*?\n\]/, 'columns = ["id"]', '4:12 map.columns[0]: expected a table with'],
    ['"text"', '"varchar"', `5:25 map.columns[0].type: expected ${kinds}; it is "varchar".`],
    [', type = "text"', '', `5:3 map.columns[0].type: expected ${kinds}; it is missing.`],
    ['numeric(12,3)', 'numeric(3,12)', `7:28 map.columns[2].type: expected ${kinds}`],
    ['"changed_at"', '"Changed"', '6:12 map.columns[1].name: expected a lower-case SQL name'],
    ['"changed_at"', '"_offset"', '6:12 map.columns[1].name: expected a lower-case SQL name'],
    ['"changed_at"', '"id"', '6:12 map.columns[1]: the column "id" is declared twice'],
    [
      'default = 0',
      'default = "free"',
      '7:55 map.columns[2]: the default of "price" is "free"; expected a number',
    ],
    [
      'default = 0',
      'default = 0.12345',
      '7:55 map.columns[2]: the default of "price" is 0.12345; the column has 3 digits',
    ],
    [
      'default = 0',
      'default = []',
      '7:55 map.columns[2].default: expected a text, a number, true or false',
    ],
    ['default = 0', 'default = 0, required = true', '7:55 map.columns[2]: "price" has a default'],
    ['default = 0', 'max_length = 5', '7:58 map.columns[2]: max_length is only for the type text'],
    ['default = 0', 'form = "$.a"', '7:45 map.columns[2].form: unknown key'],
    ['default = 0', 'from = "a.b"', '7:52 map.columns[2].from: expected "$.field"'],
    [
      'default = 0',
      'from = "time"',
      '7:52 map.columns[2]: "price" is read from time and needs the type timestamp',
    ],
    [
      '[map]',
      '[map]\nformat = "avro"',
      '4:10 map.format: expected "json"; Avro, Protobuf and other formats',
    ],
    [
      '[map]',
      '[map]\nunknown = "column:price"',
      '4:11 map.unknown: "price" must be a column with the type json',
    ],
    [
      '[map]',
      '[map]\nunknown = "drop"',
      '4:11 map.unknown: expected "ignore", "reject" or "column:NAME"',
    ],
    // The table.
    [
      'name = "orders"\nkey',
      'name = "data.orders"\nkey',
      '11:8 to.table.name: expected a lower-case SQL name',
    ],
    ['["id"]', '["id", "number"]', '12:14 to.table.key: there is no column "number"'],
    ['["id"]', '["rest"]', '12:8 to.table.key: the column "rest" has the type json'],
    ['["id"]', '["id", "id"]', '12:14 to.table.key: "id" is listed twice.'],
    ['["id"]', '"id"', '12:7 to.table.key: expected a list of column names'],
    ['key = ["id"]\n', '', '12:15 to.table.on_conflict: a table without "key" has no conflicts'],
    ['newest:changed_at', 'replace', '13:15 to.table.on_conflict: expected "keep", "update" or'],
    [
      'newest:changed_at',
      'newest:updated',
      '13:15 to.table.on_conflict: there is no column "updated"',
    ],
    ['newest:changed_at', 'newest:id', '13:15 to.table.on_conflict: "id" is part of the key'],
    [
      'newest:changed_at',
      'newest:price',
      '13:15 to.table.on_conflict: the column "price" has the type numeric',
    ],
    ['[to.table]\n', '[to.topic]\n', '10:5 to.topic: only for a pipeline with the step'],
  ]

  for (const [part, replacement, fault] of wrong) {
    it(`reports ${JSON.stringify(replacement || String(part))} with line, column and the right form`, () => {
      const faults = faultsWith(part, replacement)
      expect(
        faults.some((each) => each.includes(fault)),
        faults.join('\n'),
      ).to.equal(true)
    })
  }

  it('refuses update if group_by is not part of the key, because equal keys then have no order', () => {
    const grouped = valid
      .replace('"orders"\n[map]', '{ name = "orders", group_by = "price" }\n[map]')
      .replace('newest:changed_at', 'update')
    expect(faultsOf(parseDeclaration(grouped))).to.deep.equal([
      '13:15 to.table.on_conflict: "update" needs records with equal keys in one partition, but group_by "price" is not part of the key (id); use "newest:COLUMN".',
    ])
    const byRecordKey = grouped.replace('type = "text"', 'type = "text", from = "key"')
    expect(faultsOf(parseDeclaration(byRecordKey))).to.deep.equal([])
  })
})

function aColumn(name: string, fields: object) {
  return {
    ...{ name, source: { kind: 'field', path: [name] }, default: undefined, required: false },
    ...{ maxLength: undefined, comment: '' },
    ...fields,
  }
}
