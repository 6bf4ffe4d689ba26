import { expect } from 'chai'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DeclarationFolder } from '../../../services/worker/declarations/read-folder.ts'
import { writeDeclaration } from '../../support/declared.ts'
import { TemporaryFolder } from '../../support/temporary-folder.ts'

const scheduled = (name: string, reads: string, table: string) => `name = "${name}"
from.schedule = { every = "1 h" }
reads = { table = "${reads}", time = "at" }
sql = "sql/all.sql"
to.table = { name = "${table}" }
`
const job = (name: string, from: string, to: string) => `name = "${name}"
from.topic = ${from}
run = "f"
to.topic = "${to}"
`
const stored = (name: string, topic: string) => `name = "${name}"
from.topic = "${topic}"
map.columns = [{ name = "id", type = "text" }, { name = "at", type = "timestamp" }]
to.table = { name = "${name}", key = ["id"] }
`
const ofFiles = (name: string, folders: string) => `name = "${name}"
from.files = { match = ["*"], ${folders} }
run = "f"
to.objects = { folder = "outputs" }
`

describe('Declarations of pipelines that would start each other without end', () => {
  let folder: TemporaryFolder
  beforeEach(() => {
    folder = new TemporaryFolder()
    mkdirSync(join(folder.path, 'sql'))
    writeFileSync(join(folder.path, 'sql', 'all.sql'), 'SELECT $1 AS a, $2 AS b')
  })
  afterEach(() => {
    folder[Symbol.dispose]()
  })

  /** The faults of files with these contents, by name. */
  const faultsOf = async (files: Readonly<Record<string, string>>) => {
    for (const [name, text] of Object.entries(files)) writeDeclaration(folder.path, name, text)
    const read = await new DeclarationFolder(folder.path).read()
    return read.flatMap(({ parsed }) => (parsed.ok ? [] : parsed.faults))
  }

  it('are refused at the file that completes the cycle, if they read tables of each other', async () => {
    const faults = await faultsOf({
      a: scheduled('a', 'third', 'first'),
      b: scheduled('b', 'first', 'second'),
      c: scheduled('c', 'second', 'third'),
      d: scheduled('d', 'second', 'fourth'),
    })
    expect(faults).to.deep.equal([
      'line 3, column 19: reads.table: the pipelines would start each other without end: "c" writes the table "third", "a" reads it and writes the table "first", "b" reads it and writes the table "second", "c" reads it. Let one of them read or write another table.',
    ])
  })

  it('are refused if each reads the topic of the other', async () => {
    const faults = await faultsOf({
      a: job('a', '"one"', 'two'),
      b: job('b', '{ name = "two", start = "latest" }', 'one'),
    })
    expect(faults).to.deep.equal([
      'line 2, column 23: from.topic: the pipelines would start each other without end: "b" writes the topic "one", "a" reads it and writes the topic "two", "b" reads it. Let one of them read or write another topic.',
    ])
  })

  it('are refused if the cycle has topics and tables', async () => {
    const faults = await faultsOf({
      a: stored('a', 'one'),
      b: scheduled('b', 'a', 'x').replace(
        'sql = "sql/all.sql"\nto.table = { name = "x" }',
        'run = "f"\nto.topic = "one"',
      ),
    })
    expect(faults.join()).to.match(/^line 3, column 19: reads\.table: .*"b" writes the topic "one"/)
  })

  it('are refused if one reads the errors of another one, and writes its topic', async () => {
    const faults = await faultsOf({
      a: `${job('a', '"one"', 'two')}errors = "error"\n`,
      b: job('b', '"error"', 'one'),
    })
    expect(faults).to.deep.equal([
      'line 2, column 14: from.topic: the pipelines would start each other without end: "b" writes the topic "one", "a" reads it and writes its errors to the topic "error", "b" reads it. Let one of them read or write another topic.',
    ])
  })

  it('are refused if each reads the errors of the other', async () => {
    const faults = await faultsOf({
      a: `${job('a', '"first"', 'x')}errors = "second"\n`,
      b: `${job('b', '"second"', 'y')}errors = "first"\n`,
    })
    expect(faults.join()).to.match(
      /"b" writes its errors to the topic "first", "a" reads it and writes its errors to the topic "second", "b" reads it\./,
    )
  })

  it('are refused if one reads the progress events of another one, and writes its topic', async () => {
    const faults = await faultsOf({
      a: `${job('a', '"one"', 'two')}progress = "tracker"\n`,
      b: job('b', '"tracker"', 'one'),
    })
    expect(faults).to.deep.equal([
      'line 2, column 14: from.topic: the pipelines would start each other without end: "b" writes the topic "one", "a" reads it and writes its progress events to the topic "tracker", "b" reads it. Let one of them read or write another topic.',
    ])
  })

  it('are refused if each follows the progress of the other, and not if only one does', async () => {
    const b = `${job('b', '"second"', 'y')}progress = "first"\n`
    const faults = await faultsOf({ a: `${job('a', '"first"', 'x')}progress = "second"\n`, b })
    expect(faults.join()).to.match(
      /"b" writes its progress events to the topic "first", "a" reads it and writes its progress events to the topic "second", "b" reads it\./,
    )
    expect(await faultsOf({ a: job('a', '"first"', 'x'), b })).to.deep.equal([])
  })

  it('are refused if a schedule reads a table of its errors', async () => {
    const faults = await faultsOf({
      a: scheduled('a', 'b', 'x').replace('sql =', 'errors = "error"\nsql ='),
      b: stored('b', 'error'),
    })
    expect(faults.join()).to.match(
      /"b" writes the table "b", "a" reads it and writes its errors to the topic "error", "b" reads it\./,
    )
  })

  it('are refused if each reads the objects of the other from the bucket', async () => {
    const faults = await faultsOf({
      a: ofFiles('a', 'inbox = "outputs/b"'),
      b: ofFiles('b', 'inbox = "outputs/a"'),
    })
    expect(faults).to.deep.equal([
      'line 2, column 39: from.files.inbox: the pipelines would start each other without end: "b" writes the folder "outputs/b", "a" reads it and writes the folder "outputs/a", "b" reads it. Let one of them read or write another folder.',
    ])
  })

  it('are refused if one reads manifests from its folder for processing', async () => {
    const faults = await faultsOf({
      a: ofFiles('a', 'inbox = "in", processing = "outputs/b/manifest"'),
      b: ofFiles('b', 'inbox = "outputs/a"'),
    })
    expect(faults.join()).to.match(
      /"b" writes the folder "outputs\/b\/manifest", "a" reads it and writes the folder "outputs\/a", "b" reads it\./,
    )
  })

  it('are accepted if one reads the objects of another one', async () => {
    const faults = await faultsOf({
      a: ofFiles('a', 'inbox = "outputs"'),
      b: ofFiles('b', 'inbox = "outputs/a"'),
    })
    expect(faults).to.deep.equal([])
  })

  it('are accepted if all write their errors to a topic that one of them stores', async () => {
    const faults = await faultsOf({
      a: `${job('a', '"one"', 'two')}errors = "error"\n`,
      b: `${job('b', '"two"', 'three')}errors = "error"\n`,
      c: stored('c', 'error'),
    })
    expect(faults).to.deep.equal([])
  })

  it('are accepted if they form a chain, or read one table', async () => {
    const faults = await faultsOf({
      a: stored('a', 'one'),
      b: scheduled('b', 'a', 'second'),
      c: scheduled('c', 'second', 'third'),
      d: scheduled('d', 'a', 'fourth'),
      e: job('e', '"one"', 'two'),
    })
    expect(faults).to.deep.equal([])
  })
})
