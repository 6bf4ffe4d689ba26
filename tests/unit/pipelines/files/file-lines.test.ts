import { expect } from 'chai'
import fc from 'fast-check'
import { CopyRowEncoder } from '../../../../services/adapters/postgres/tables/copy-row-encoder.ts'
import type { ColumnValue } from '../../../../services/ledger/table-schema.ts'
import { parsePipeline } from '../../../../services/pipelines/declaration/parse-pipeline.ts'
import type { FileStep } from '../../../../services/pipelines/declaration/task-declaration.ts'
import { createFileLines } from '../../../../services/pipelines/files/file-lines.ts'
import type { FileLine } from '../../../../services/pipelines/files/lines.ts'

const columns = `columns = [
  { name = "i", type = "integer" },
  { name = "b", type = "bigint", default = 7 },
  { name = "d", type = "double" },
  { name = "n", type = "numeric" },
  { name = "p", type = "numeric(6,2)" },
  { name = "t", type = "text", max_length = 5 },
  { name = "s", type = "timestamp" },
  { name = "e", type = "date", required = true },
  { name = "o", type = "boolean" },
]`
const names = ['i', 'b', 'd', 'n', 'p', 't', 's', 'e', 'o']

function stepOf(map: string): FileStep {
  const text = `name = "x"\nfrom.files.match = ["*"]\n[map]\n${map}\n[to.table]\nname = "x"\n`
  const parsed = parsePipeline(text, () => ({ fault: '' }))
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.faults))
  return (parsed.declaration as unknown as { step: FileStep }).step
}

/** The lines of a file that is read in parts of some bytes. */
function linesOf(step: FileStep, content: string | Uint8Array, partBytes = 7): FileLine[] {
  const encoder = new CopyRowEncoder(step.columns.length)
  const lines = createFileLines({ step, task: 1, hasPosition: false, encoder })
  const bytes = Buffer.from(content)
  const found: FileLine[] = []
  const take = (): void => {
    for (let line = lines.next(); line !== undefined; line = lines.next()) found.push(line)
  }
  for (let begin = 0; begin < bytes.length; begin += partBytes) {
    lines.push(bytes.subarray(begin, begin + partBytes))
    take()
  }
  lines.end()
  take()
  return found
}

const outcomes = (lines: readonly FileLine[]) =>
  lines.map((line) =>
    line.kind === 'row' ? line.row.values : [line.offset, line.code, line.detail],
  )

/** The bytes of a row for `COPY`, from its values. */
function bytesOf(step: FileStep, values: readonly ColumnValue[]): string {
  const encoder = new CopyRowEncoder(step.columns.length)
  encoder.beginRow(1_000)
  for (const [index, { type }] of step.columns.entries())
    encoder.writeValue(type, values[index] ?? null)
  const { bytes, begin, end } = encoder.endRow()
  return Buffer.from(bytes.subarray(begin, end)).toString('hex')
}

const digits = fc.stringMatching(/^-?\d{0,20}(\.\d{0,14})?$/)
const times = fc.constantFrom(
  ...['2026-01-31T12:00:00Z', '2026-01-31T12:00:00.1234567Z', '2026-02-30T12:00:00Z'],
  ...['2026-01-31T12:00:00+02:00', '2026-01-31', '1066-10-14', '2026-02-29', '0000-01-01', ' 1 '],
)
const texts = fc.constantFrom(
  '',
  'a',
  'ä',
  'a"b',
  'a,b',
  'abcdef',
  'ääääää',
  '\u0000',
  '😀😀😀',
  't',
)
const fields = fc.oneof(digits, times, texts, fc.constantFrom('1e3', '007', '-0', '.5', '5.', '+1'))
const quote = (text: string): string => `"${text.replaceAll('"', '""')}"`
const written = fc
  .tuple(fields, fc.boolean())
  .map(([text, isQuoted]) => (isQuoted || /[",]/.test(text) ? quote(text) : text))
/** Mostly values that fit, so that whole lines are encoded. */
const fitting = fc.tuple(
  ...[fc.constantFrom('1', '-5', '2147483648', ''), fc.constantFrom('9007199254740993', '12', '')],
  ...[fc.constantFrom('1.5', '-0', '1e3'), fc.constantFrom('1.10', '123456789012.5', '-7')],
  ...[
    fc.constantFrom('1.10', '9999.99', '10000', '1.234'),
    fc.constantFrom('a', '"a b"', 'ä', '""'),
  ],
  ...[
    fc.constantFrom('2026-01-31T12:00:00Z', ''),
    fc.constantFrom('2026-01-31', '"2026-01-31"', ''),
  ],
  fc.constantFrom('t', 'false', 'YES', ''),
)

/** Few random lines can be encoded directly in all their fields. */
const encodedLine = ['1', '12', '1.5', '-7', '1.10', 'a', '2026-01-31T12:00:00Z', '2026-01-31', '']

describe('The lines of a file', () => {
  it('have the same bytes for COPY and the same values, encoded directly or decoded first', () => {
    const step = stepOf(`format = "csv"\n${columns}`)
    let encoded = 0
    const line = fc.oneof(fitting, fc.array(written, { minLength: 9, maxLength: 9 }))
    fc.assert(
      fc.property(fc.array(line, { minLength: 1, maxLength: 5 }), (lines) => {
        const content = [names, ...lines].map((each) => each.join(',')).join('\n')
        for (const found of linesOf(step, content, 1_000)) {
          if (found.kind === 'refused' || found.row.encoded === undefined) continue
          encoded += 1
          const { bytes, begin, end } = found.row.encoded
          const hex = Buffer.from(bytes.subarray(begin, end)).toString('hex')
          expect(hex).to.equal(bytesOf(step, found.row.values))
        }
        expect(outcomes(linesOf(step, content, 3))).to.deep.equal(
          outcomes(linesOf(step, content, 1_000)),
        )
      }),
      { examples: [[[encodedLine]]] },
    )
    expect(encoded).to.be.greaterThan(0)
  })

  it('of tsv have no quotes and no escapes, and an empty field is null', () => {
    const step = stepOf(`format = "tsv"
columns = [ { name = "a", type = "text" }, { name = "b", type = "json" } ]`)
    const content = 'b\ta\r\n{"x": [1]}\tC:\\temp\r\n\r\n\t"a"\n{\tx\n1\t2\t3\n'
    expect(outcomes(linesOf(step, content))).to.deep.equal([
      ['C:\\temp', '{"x":[1]}'],
      ['"a"', null],
      [5, 'not-json', (outcomes(linesOf(step, content))[2] ?? [])[2]],
      [6, 'field-count', 'The line has 3 fields; the header has 2.'],
    ])
  })

  it('without a header have their fields in the order of the columns', () => {
    const step = stepOf(`format = "csv"
header = false
columns = [ { name = "a", type = "integer" }, { name = "b", type = "boolean" } ]`)
    expect(outcomes(linesOf(step, '1,t\n" 2 ",NO\n3,maybe\n4\n'))).to.deep.equal([
      [1, true],
      [2, false],
      [3, 'wrong-type', 'The field "b" is "maybe"; expected true or false.'],
      [4, 'field-count', 'The line has 1 fields; the columns are 2.'],
    ])
  })

  it('of ndjson are decoded like the records of a topic', () => {
    const step = stepOf(`format = "ndjson"
columns = [ { name = "a", type = "integer", required = true }, { name = "b", type = "text", from = "$.x.y" } ]`)
    const content = '{"a": 1, "x": {"y": "z"}}\n\n{"a": "q"}\n[1]\nnonsense\n{}'
    expect(outcomes(linesOf(step, content)).map((each) => each.slice(0, 2))).to.deep.equal([
      [1, 'z'],
      [3, 'wrong-type'],
      [4, 'not-an-object'],
      [5, 'not-json'],
      [6, 'missing-field'],
    ])
  })

  it('with a quote at a wrong place are refused, and the others are read', () => {
    const step = stepOf(`format = "csv"
columns = [ { name = "a", type = "text" } ]`)
    const content = 'a\nb"c\n"d"e\n"f\ng"\n"h\ni\n'
    expect(outcomes(linesOf(step, content)).map((each) => each.slice(0, 2))).to.deep.equal([
      ...[[2, 'bad-quote'], [3, 'bad-quote'], ['f\ng'], [6, 'quote-not-closed'], ['i']],
    ])
  })

  it('that are refused are the same when the lines of a batch are read again', () => {
    const step = stepOf(`format = "csv"
header = false
columns = [ { name = "i", type = "integer" }, { name = "t", type = "text" } ]`)
    const encoder = new CopyRowEncoder(step.columns.length)
    const lines = createFileLines({ step, task: 1, hasPosition: false, encoder })
    // The second line is in another batch, because of its spaces. Only the third one shows what the first quote is.
    lines.push(Buffer.from('"open\n 1 ,a\n2,"b"\n'))
    const batches = [lines.nextBatch()]
    lines.end()
    for (let batch = lines.nextBatch(); batch !== undefined; batch = lines.nextBatch())
      batches.push(batch)
    expect(batches.map((batch) => batch?.form.kind)).to.deep.equal(['csv', 'binary'])
    const [first] = batches
    expect(first?.refused.map(({ offset, code }) => [offset, code])).to.deep.equal([
      [1, 'bad-quote'],
    ])
    expect([...(first?.again() ?? [])]).to.deep.equal(first?.refused)
  })

  it('that are longer than 1 MiB are refused', () => {
    const step = stepOf(`format = "csv"
columns = [ { name = "a", type = "text" } ]`)
    const content = `a\n${'x'.repeat(1_100_000)}\nb\n`
    expect(outcomes(linesOf(step, content, 65_536))).to.deep.equal([
      [2, 'too-long', 'The line has more than 1024 KiB.'],
      ['b'],
    ])
  })
})
