import { appendFileSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { expect } from 'chai'
import { FileTenant, orders } from '../../support/file-tenant.ts'
import { until } from '../../support/until.ts'

const content = (id: number): string => `id,name,price\n${id},Ann,1\n`

describe('The inbox of a pipeline that loads files', function () {
  this.timeout(120_000)
  let files: FileTenant

  beforeEach(async () => {
    files = await FileTenant.create()
  })

  afterEach(() => files[Symbol.asyncDispose]())

  const inbox = (name: string | Buffer): string | Buffer =>
    typeof name === 'string'
      ? join(files.bucket, '01_inbox', name)
      : Buffer.concat([Buffer.from(join(files.bucket, '01_inbox/')), name])

  const unmatched = async () =>
    (await files.files())
      .filter(({ task }) => task === null)
      .map(({ key, detail }) => [key, detail])

  it('keeps files that no pipeline matches, and loads them when a pipeline matches them', async () => {
    files.declare('orders', orders())
    await files.startWorker()
    files.drop('a.txt', content(1))
    files.drop('b.csv', content(2))
    await files.untilMoved(1)
    await until('a.txt is known', async () => (await unmatched()).length === 1)
    expect(await unmatched()).to.deep.equal([['01_inbox/a.txt', null]])
    files.declare('orders', orders().replace('["*.csv"]', '["*.csv", "*.txt"]'))
    await files.untilMoved(2)
    expect(files.names('03_archive')).to.deep.equal(['a.txt', 'b.csv'])
    expect(await unmatched()).to.deep.equal([])
  })

  it('loads a file that is written in place only when it is complete', async () => {
    files.declare('orders', orders('format = "csv"\non_bad_line = "fail"'))
    await files.startWorker()
    await until('the inbox is there', () => files.names('.').includes('01_inbox'))
    const path = inbox('slow.csv') as string
    writeFileSync(path, 'id,name,price\n')
    let lines = 0
    const write = setInterval(() => {
      // Half a line at a time.
      appendFileSync(path, lines % 1 === 0 ? `${lines},A` : 'nn,1\n')
      lines += 0.5
    }, 150)
    await until('lines are written', () => lines >= 12 && lines % 1 === 0)
    clearInterval(write)
    const [file] = await files.untilMoved(1)
    expect(file).to.include({ state: 'complete', lines, rejected: 0, rows: lines })
  })

  it('loads files with unusual names, and keeps links and files whose names are not valid UTF-8', async () => {
    files.declare('orders', orders('format = "csv"', ''))
    await files.startWorker()
    await until('the inbox is there', () => files.names('.').includes('01_inbox'))
    // The same letter as one character and as two.
    const names = [
      ...['line\nbreak.csv', '-rf.csv', '..csv.csv', 'a b"\'$(x).csv', '\u00e9.csv', 'e\u0301.csv'],
      ...[`${'x'.repeat(251)}.csv`, `${'ß'.repeat(125)}.csv`, '\u001b[31m.csv'],
    ]
    for (const [id, name] of names.entries()) {
      if (name.startsWith('.')) continue
      files.drop(name, content(id))
    }
    writeFileSync(inbox(Buffer.from([0x61, 0xff, 0x2e, 0x63, 0x73, 0x76])), content(90))
    symlinkSync('/etc/passwd', inbox('link.csv'))
    mkdirSync(inbox('folder.csv'))
    files.drop('.hidden.csv', content(91))
    const loaded = await files.untilMoved(names.length - 1)
    const states = loaded.filter(({ task }) => task !== null).map(({ state }) => state)
    expect(states).to.deep.equal(states.map(() => 'complete'))
    expect(states).to.have.length(names.length - 1)
    await until('unusable names are known', async () => (await unmatched()).length === 2)
    expect(await unmatched()).to.deep.include.members([
      ['01_inbox/a\ufffd.csv', 'The name is not valid UTF-8.'],
      ['01_inbox/link.csv', 'It is not a regular file but a link or a device.'],
    ])
    const archived = files.names('03_archive')
    expect(archived).to.have.length(names.length - 1)
    expect(archived).to.include.members(names.slice(3, 6))
  })

  it('gives files to pipelines by their types, and records what they are', async () => {
    files.declare(
      'tables',
      orders('format = "csv"').replace('match = ["*.csv"]', 'mimetypes = ["text/csv"]'),
    )
    await files.startWorker()
    files.drop('a.export', `${content(1)}2,Bob,1\n`)
    files.drop('b.export', '%PDF-1.7 ')
    await files.untilMoved(1)
    await until('b.export is known', async () => (await unmatched()).length === 1)
    const types = await files.tenant.sql(
      'SELECT key, content_type, detected_by FROM file ORDER BY key',
    )
    expect(types).to.deep.equal([
      { key: '01_inbox/a.export', content_type: 'text/csv', detected_by: 'text' },
      { key: '01_inbox/b.export', content_type: 'application/pdf', detected_by: 'signature' },
    ])
  })

  it('loads UTF-16 and gzip, refuses damaged files with their reasons, and loads the others', async () => {
    files.declare('orders', orders())
    await files.startWorker()
    files.drop('utf16.csv', Buffer.from(`\ufeff${content(1)}`, 'utf16le'))
    files.drop('gzip.csv', gzipSync(`${content(5)}6,Ann,1\n`))
    files.drop('damaged.csv', Buffer.from([0x1f, 0x8b, 0x08, 0x00, 0x00]))
    files.drop('empty.csv', '')
    files.drop('mark.csv', `\ufeff${content(2)}`)
    files.drop('latin1.csv', Buffer.from('id,name,price\n3,\xe4,1\n4,Ann,1\n', 'latin1'))
    const loaded = await files.untilMoved(6)
    const details = Object.fromEntries(loaded.map(({ key, task_detail }) => [key, task_detail]))
    expect(details).to.deep.equal({
      '01_inbox/utf16.csv': null,
      '01_inbox/gzip.csv': null,
      '01_inbox/damaged.csv':
        'The file cannot be decompressed with gzip: unexpected end of file. Drop a complete copy.',
      '01_inbox/empty.csv':
        'The file is empty; expected a header with the fields "id", "name", "price".',
      '01_inbox/mark.csv': null,
      '01_inbox/latin1.csv': null,
    })
    expect(await files.tenant.sql('SELECT id FROM data.orders ORDER BY id')).to.deep.equal([
      ...[{ id: 1 }, { id: 2 }, { id: 4 }, { id: 5 }, { id: 6 }],
    ])
    expect(await files.tenant.sql('SELECT code, detail FROM dead_letter')).to.deep.equal([
      { code: 'not-utf8', detail: 'The field "name" is not valid UTF-8.' },
    ])
  })
})
