import { expect } from 'chai'
import { faultsOfChange } from '../../../services/pipelines/declaration/compare-declarations.ts'
import type { ParsedPipeline } from '../../../services/pipelines/declaration/parse-pipeline.ts'
import { parsePipeline } from '../../../services/pipelines/declaration/parse-pipeline.ts'

const valid = `name = "orders"
[from.files]
match = ["*.csv"]
[map]
format = "csv"
columns = [
  { name = "id", type = "integer" },
  { name = "price", type = "numeric(12,3)", from = "Unit price" },
]
[to.table]
name = "orders"
key = ["id"]
`

const parse = (text: string): ParsedPipeline =>
  parsePipeline(text, () => ({ fault: 'does not exist' }))

function faultsOf(parsed: ParsedPipeline): string[] {
  if (parsed.ok) return []
  return parsed.faults.map(({ line, column, message }) => `${line}:${column} ${message}`)
}

function declarationOf(text: string) {
  const parsed = parse(text)
  if (!parsed.ok) throw new Error(faultsOf(parsed).join('\n'))
  return parsed.declaration
}

type Wrong = readonly [part: string | RegExp, replacement: string, fault: string]

const wrong: readonly Wrong[] = [
  // Keys of the source.
  ['[from.files]\nmatch = ["*.csv"]', 'from.files = "*.csv"', '2:14 from.files: expected a table'],
  ['match = ["*.csv"]\n', '', '2:1 from.files.match: expected a list of patterns'],
  ['["*.csv"]', '"*.csv"', '3:9 from.files.match: expected a list of patterns'],
  ['["*.csv"]', '[]', '3:9 from.files.match: expected at least one pattern'],
  ['["*.csv"]', '["a/*.csv"]', '3:10 from.files.match[0]: expected a pattern for the names of'],
  ['match', 'inbox = "../in"\nmatch', '3:9 from.files.inbox: expected the path of a folder'],
  ['match', 'inbox = "in/"\nmatch', '3:9 from.files.inbox: expected the path of a folder'],
  ['match', 'inbox = "/in"\nmatch', '3:9 from.files.inbox: expected the path of a folder'],
  ['match', 'inbox = "a//b"\nmatch', '3:9 from.files.inbox: expected the path of a folder'],
  ['match', 'inbox = ".in"\nmatch', '3:9 from.files.inbox: expected the path of a folder'],
  ['match', 'archive = "01_inbox"\nmatch', '3:11 from.files.archive: "01_inbox" is the inbox'],
  ['match', 'error = "01_inbox"\nmatch', '3:9 from.files.error: "01_inbox" is the inbox'],
  ['match', 'canceled = "01_inbox"\nmatch', '3:12 from.files.canceled: "01_inbox" is the inbox'],
  ['match', 'error = "03_archive"\nmatch', '3:9 from.files.error: "03_archive" is the archive'],
  ['match', 'on_repeat = "no"\nmatch', '3:13 from.files.on_repeat: expected "skip"'],
  ['match', 'mimetypes = []\nmatch', '3:13 from.files.mimetypes: expected at least one type'],
  ['match', 'mimetypes = ["csv"]\nmatch', '3:14 from.files.mimetypes[0]: expected a type of files'],
  ['match', 'processing = "01_inbox"\nmatch', '3:14 from.files.processing: "01_inbox" is'],
  ['match', 'matches = []\nmatch', '3:1 from.files.matches: unknown key; expected one of: inbox'],
  ['[from.files]', 'from.topic = "t"\n[from.files]', 'from.topic: the pipeline has from.files'],
  ['[map]', '[from.schedule]\nevery = "1 h"\n[map]', 'from.schedule: only for a pipeline with'],
  // Other keys of the pipeline.
  [
    '[from',
    'batch = { records = 1, within = "1 s" }\n[from',
    '2:1 batch: only for a pipeline with',
  ],
  ['[from', 'commit_every = 1\n[from', '2:1 commit_every: only for a pipeline with the step "map"'],
  [
    '[from',
    'errors = "e"\n[from',
    '2:1 errors: only for a pipeline with the step "run", "sql" or "shell"',
  ],
  ['[from', 'concurrency = 0\n[from', '2:15 concurrency: expected a whole number from 1 to'],
  ['[from', 'timeout = "8 d"\n[from', '2:11 timeout: expected a whole number and ms, s'],
  ['[from', 'retry = { first = "2 min", longest = "1 s" }\n[from', '2:38 retry.longest: it is the'],
  ['"orders"', '"readings"', '1:8 name: "readings" is the pipeline of the vehicles'],
  // The map.
  [
    'format = "csv"\n',
    '',
    '4:1 map.format: expected one of "csv", "tsv", "ndjson", "json", "parquet", "gpx"; it is missing.',
  ],
  ['"csv"', '"csv"\nencoding = "ebcdic"', '6:12 map.encoding: expected "utf-8", "utf-16le",'],
  ['"csv"', '"xlsx"', '5:10 map.format: this format is not available in this version; expected'],
  [
    '"csv"',
    '"cvs"',
    '5:10 map.format: expected one of "csv", "tsv", "ndjson", "json", "parquet", "gpx"; it is "cvs".',
  ],
  ['"csv"', '"csv"\nheader = "yes"', '6:10 map.header: expected true or false'],
  ['"csv"', '"csv"\ndelimiter = ";;"', '6:13 map.delimiter: expected one ASCII character'],
  ['"csv"', '"csv"\ndelimiter = "ß"', '6:13 map.delimiter: expected one ASCII character'],
  ['"csv"', '"csv"\ndelimiter = \'"\'', '6:13 map.delimiter: it cannot be the quote'],
  ['"csv"', '"csv"\nquote = "\\n"', '6:9 map.quote: expected one ASCII character, or ""'],
  ['"csv"', '"tsv"\ndelimiter = ";"', '6:13 map.delimiter: the fields of tsv are divided by tabs'],
  ['"csv"', '"tsv"\nquote = "\'"', '6:9 map.quote: the fields of tsv are divided by tabs'],
  ['"csv"', '"csv"\non_bad_line = "skip"', '6:15 map.on_bad_line: expected "reject"'],
  ['"csv"', '"csv"\nreject_limit = -1', '6:16 map.reject_limit: expected a whole number from 0'],
  [
    '"csv"',
    '"csv"\non_bad_line = "fail"\nreject_limit = 3',
    '7:16 map.reject_limit: with on_bad_line = "fail" the first bad line ends the load',
  ],
  ['"csv"', '"csv"\nunknown = "column:rest"', '6:11 map.unknown: expected "ignore" or "reject"'],
  ['"csv"', '"csv"\nheader = false', '9:52 map.columns[1].from: the file has no header'],
  [
    /"csv"[^]*"Unit price" }/,
    '"csv"\nheader = false\nunknown = "reject"\ncolumns = [ { name = "id", type = "integer" }',
    '7:11 map.unknown: without a header each line must have exactly the declared columns',
  ],
  ['"Unit price"', '"id"', '8:3 map.columns[1]: the column "id" reads the field "id" already.'],
  ['"price"', '"id"', '8:12 map.columns[1]: the column "id" is declared twice'],
  ['"integer"', '"int"', '7:25 map.columns[0].type: expected text, integer'],
  ['"integer"', '"integer", default = "x"', '7:46 map.columns[0]: the default of "id" is "x"'],
  ['key = ["id"]', 'key = ["no"]', '12:8 to.table.key: there is no column "no"'],
  ['key = ["id"]', 'on_conflict = "keep"', '12:15 to.table.on_conflict: a table without "key"'],
  ['[to.table]\nname', '[to.topic]\nname', 'to.topic: only for a pipeline with the step'],
]

const wrongNdjson: readonly Wrong[] = [
  ['"ndjson"', '"ndjson"\nheader = true', '6:10 map.header: the fields of ndjson have names'],
  ['"ndjson"', '"ndjson"\ndelimiter = ","', '6:13 map.delimiter: the fields of ndjson have'],
  ['"ndjson"', '"ndjson"\nquote = ""', '6:9 map.quote: the fields of ndjson have names'],
  [
    '"ndjson"',
    '"parquet"\nencoding = "utf-8"',
    '6:12 map.encoding: a file in the format parquet is',
  ],
  ['"$.unit.price"', '"price"', '8:52 map.columns[1].from: expected "$.field" or "$.field.field"'],
]

describe('The declaration of a pipeline that loads files', () => {
  it('has the defaults of its keys', () => {
    expect(declarationOf(valid)).to.deep.equal({
      ...{ kind: 'task', name: 'orders', isEnabled: true, concurrency: 2, timeoutMs: 3_600_000 },
      errors: undefined,
      source: {
        ...{ kind: 'files', inbox: '01_inbox', archive: '03_archive', error: '04_failed' },
        ...{ canceled: '05_canceled', match: ['*.csv'], onRepeat: 'skip' },
      },
      step: {
        kind: 'map',
        format: { kind: 'delimited', hasHeader: true, delimiter: ',', quote: '"' },
        columns: [
          {
            ...{ name: 'id', type: 'integer', source: { kind: 'field', path: ['id'] } },
            ...{ required: true, default: undefined, maxLength: undefined, comment: '' },
          },
          {
            ...{ name: 'price', type: 'numeric', precision: 12, scale: 3 },
            source: { kind: 'field', path: ['Unit price'] },
            ...{ required: false, default: undefined, maxLength: undefined, comment: '' },
          },
        ],
        ...{ unknownFields: { kind: 'ignore' }, onBadLine: 'reject', rejectLimit: 10_000 },
      },
      retry: { attempts: 3, firstMs: 1_000, longestMs: 60_000 },
      to: { kind: 'table', table: { name: 'orders', key: ['id'], onConflict: { kind: 'keep' } } },
    })
  })

  it('reads tabs without quotes for tsv, and any delimiter without quotes for csv', () => {
    const formatOf = (text: string) => {
      const { step } = declarationOf(valid.replace('format = "csv"', text)) as never as {
        step: { format: unknown }
      }
      return step.format
    }
    const delimited = { kind: 'delimited', hasHeader: true }
    expect(formatOf('format = "tsv"')).to.deep.equal({
      ...{ ...delimited, delimiter: '\t', quote: undefined },
    })
    expect(formatOf('format = "csv"\ndelimiter = ";"\nquote = ""')).to.deep.equal({
      ...{ ...delimited, delimiter: ';', quote: undefined },
    })
  })

  for (const [part, replacement, fault] of wrong) {
    it(`has the fault "${fault}" if ${String(part)} is ${replacement}`, () => {
      const text = valid.replace(part, replacement)
      expect(text).to.not.equal(valid)
      expect(faultsOf(parse(text)).join('\n')).to.include(fault)
    })
  }

  for (const [part, replacement, fault] of wrongNdjson) {
    it(`with the format ndjson has the fault "${fault}" if ${String(part)} is ${replacement}`, () => {
      const ndjson = valid.replace('"csv"', '"ndjson"').replace('"Unit price"', '"$.unit.price"')
      const text = ndjson.replace(part, replacement)
      expect(text).to.not.equal(ndjson)
      expect(faultsOf(parse(text)).join('\n')).to.include(fault)
    })
  }

  it('cannot change the type of a column, the key and the rule for conflicts', () => {
    const present = declarationOf(valid)
    const next = declarationOf(
      valid.replace('"integer"', '"bigint"').replace('key = ["id"]', 'key = ["price"]'),
    )
    expect(faultsOfChange(present, next).slice(0, 2)).to.deep.equal([
      'to.table.key cannot change from "id" to "price".',
      'The type of the column "id" cannot change from integer to bigint.',
    ])
    const updated = declarationOf(
      valid.replace('key = ["id"]', 'key = ["id"]\non_conflict = "update"'),
    )
    expect(faultsOfChange(present, updated)[0]).to.equal(
      'to.table.on_conflict cannot change from "keep" to "update".',
    )
  })

  it('cannot become the declaration of a pipeline that reads a topic', () => {
    const next = declarationOf(
      valid
        .replace('[from.files]\nmatch = ["*.csv"]', 'from.topic = "orders"')
        .replace('format = "csv"\n', '')
        .replace('"Unit price"', '"$.price"'),
    )
    const fault = 'The source cannot change between from.topic and from.files.'
    expect(faultsOfChange(declarationOf(valid), next)[0]).to.equal(fault)
    expect(faultsOfChange(next, declarationOf(valid))[0]).to.equal(fault)
  })
})
