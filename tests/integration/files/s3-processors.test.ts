import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { S3Store } from '../../../services/adapters/objects/s3-store.ts'
import { castiron, FileTenant } from '../../support/file-tenant.ts'
import { until } from '../../support/until.ts'
import { findVersitygw, Versitygw } from '../../../scripts/platform/versitygw.ts'

const handler = `import { readFileSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import { handler, z } from 'av-telemetry'

export const count = handler({
  name: 'shop.count_lines',
  params: z.strictObject({}),
  run: async (_, { file }) => {
    if (file === undefined) throw new Error('no file')
    const content = await text(file.stream())
    if (content !== readFileSync(file.path(), 'utf8')) throw new Error('another content')
    return [{ table: 'counts', data: [{ file: file.name, lines: content.trimEnd().split('\\n').length }] }]
  },
})
`
const counted = `name = "counted"
run = { handler = "shop.count_lines" }
to.table = { name = "counts", key = ["file"] }
[from.files]
match = ["*.count"]
`
const copied = `name = "copied"
shell = 'cp "$1" "copied-$FILE_NAME"'
[from.files]
match = ["*.shell"]
processing = "02_processing"
`

describe('Processors of files in a bucket of an S3 server', function () {
  this.timeout(60_000)
  let server: Versitygw | undefined
  let files: FileTenant | undefined
  let store: S3Store

  before(async function () {
    const program = findVersitygw()
    // Neither versitygw nor Go, which builds it, is installed.
    if (program === undefined) this.skip()
    server = await Versitygw.start(program)
    store = new S3Store(server.settings)
    files = await FileTenant.create({ kind: 's3', ...server.settings })
    mkdirSync(join(files.folder, 'handlers'), { recursive: true })
    writeFileSync(join(files.folder, 'handlers', 'shop.ts'), handler)
    files.declare('counted', counted)
    files.declare('copied', copied)
    await store.write('example_config.toml', Buffer.from(castiron))
    await store.write('01_inbox/a.count', Buffer.from('first\nsecond\n'))
    await store.write('01_inbox/b.shell', Buffer.from('one\n'))
    await store.write('01_inbox/data_test.tsv', Buffer.from('id\tname\n1\tAnn\n'))
    await files.startWorker({ ALLOW_SHELL: 'true' })
  })
  after(async () => {
    await files?.[Symbol.asyncDispose]()
    await server?.[Symbol.asyncDispose]()
  })

  const keysIn = async (folder: string): Promise<string[]> => {
    const keys: string[] = []
    for await (const one of store.list(folder)) if (one.kind === 'object') keys.push(one.object.key)
    return keys
  }
  const untilArchived = (name: string) =>
    until(`${name} is archived`, async () => {
      return (await keysIn('03_archive')).includes(`03_archive/${name}`)
    })

  it('a handler gets the content as a stream and as a local file', async () => {
    await untilArchived('a.count')
    const rows = await files!.tenant.sql('SELECT file, lines::int FROM data.counts')
    expect(rows).to.deep.equal([{ file: 'a.count', lines: 2 }])
  })

  it('a command gets the path of a local copy, and the file goes through the folder for processing', async () => {
    await untilArchived('b.shell')
    const [file] = await files!.tenant.sql<{ state: string; processing_key: string }>(
      `SELECT state, processing_key FROM file JOIN task ON task.id = file.task WHERE key LIKE '%b.shell'`,
    )
    expect(file).to.deep.equal({ state: 'complete', processing_key: '02_processing/b.shell' })
    // A move on S3 copies before it deletes.
    await until('it has left the folder for processing', async () => {
      return !(await keysIn('02_processing')).includes('02_processing/b.shell')
    })
  })

  it('a declaration at the top of the bucket takes effect', async () => {
    await untilArchived('data_test.tsv')
    expect(await files!.tenant.sql('SELECT id::int, name FROM data.castiron')).to.deep.equal([
      { id: 1, name: 'Ann' },
    ])
  })
})
