import { expect } from 'chai'
import { ByteLoader, fileDeclaration } from '../../support/load-bytes.ts'

const declarationOf = (table: string) =>
  fileDeclaration(`name = "x"
from.files.match = ["*"]
[map]
format = "csv"
columns = [ { name = "id", type = "integer" }, { name = "name", type = "text" } ]
[to.table]
name = "x"
${table}
`)

const lineCount = 10_000
/** The numbers of the lines with the name "bad". The header is line 1. */
const badLines = [3, 5_000, 5_001, 10_001]

const content = Buffer.from(
  ['id,name', ...Array.from({ length: lineCount }, (_, index) => lineOf(index + 2))].join('\n'),
)

function lineOf(line: number): string {
  return `${line},${badLines.includes(line) ? 'bad' : `name ${line}`}`
}

const triggerOf = (action: string): string[] => [
  `CREATE FUNCTION pg_temp.judge() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN IF new.name = 'bad' THEN ${action}; END IF; RETURN new; END $$`,
  'CREATE TRIGGER judge BEFORE INSERT ON data.x FOR EACH ROW EXECUTE FUNCTION pg_temp.judge()',
]

const refusals: Record<string, readonly string[]> = {
  'a CHECK': ["ALTER TABLE data.x ADD CHECK (name <> 'bad')"],
  'a trigger with an error': triggerOf("RAISE EXCEPTION 'not this one'"),
  'a trigger that leaves out rows': triggerOf('RETURN NULL'),
  'a column that cannot be null': [
    ...triggerOf('new.name := NULL'),
    'ALTER TABLE data.x ALTER name SET NOT NULL',
  ],
  'a missing partition': [
    'DROP TABLE data.x',
    'CREATE TABLE data.x (id integer, name text) PARTITION BY RANGE (name)',
    "CREATE TABLE data.x_names PARTITION OF data.x FOR VALUES FROM ('n') TO ('o')",
  ],
}

describe('A row in the middle of a file that the database refuses', function () {
  this.timeout(60_000)
  let loader: ByteLoader

  before(async () => {
    loader = await ByteLoader.create()
  })

  after(() => loader[Symbol.asyncDispose]())

  for (const [title, statements] of Object.entries(refusals)) {
    it(`becomes one dead letter, and all others are stored: ${title}`, async () => {
      const { usual, decoded } = await loader.load(declarationOf(''), content, statements)
      expect(usual).to.deep.equal(decoded)
      expect(usual.letters.map(({ line, text }) => [line, text])).to.deep.equal(
        badLines.map((line) => [line, lineOf(line)]),
      )
      expect(usual.rows).to.have.lengthOf(lineCount - badLines.length)
      const counts = { lines: lineCount, stored: lineCount - badLines.length, rejected: 4 }
      expect(usual.counts).to.deep.equal(counts)
    })
  }

  it('becomes one dead letter if its key is in the table with other values', async () => {
    const statements = [
      `INSERT INTO data.x VALUES ${badLines.map((line) => `(${line}, 'other')`).join(', ')}`,
    ]
    const { usual, decoded } = await loader.load(declarationOf('key = ["id"]'), content, statements)
    expect(usual).to.deep.equal(decoded)
    expect(usual.letters.map(({ line, code }) => [line, code])).to.deep.equal(
      badLines.map((line) => [line, 'key-conflict']),
    )
    expect(usual.rows).to.have.lengthOf(lineCount)
  })
})
