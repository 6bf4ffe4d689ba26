import { expect } from 'chai'
import { FileTenant, orders } from '../../support/file-tenant.ts'
import { until } from '../../support/until.ts'

describe('A pipeline that loads files', function () {
  this.timeout(120_000)
  let files: FileTenant

  beforeEach(async () => {
    files = await FileTenant.create()
  })

  afterEach(() => files[Symbol.asyncDispose]())

  const rows = () => files.tenant.sql('SELECT id, name, price FROM data.orders ORDER BY id')

  it('stores a row for each line, names bad lines, and moves the file to the archive', async () => {
    files.declare('orders', orders())
    await files.startWorker()
    files.drop('a.csv', 'id,name,price\n1,"Ann, B",1.5\nx,Bob,2\n3,"say ""hi""",\n4,Eve\n\n5,ä,7\n')
    const [file] = await files.untilMoved(1)
    expect(file).to.deep.include({
      ...{ key: '01_inbox/a.csv', target_key: '03_archive/a.csv', state: 'complete' },
      ...{ lines: 5, rejected: 2, rows: 3, detail: null },
    })
    expect(await rows()).to.deep.equal([
      { id: 1, name: 'Ann, B', price: '1.500' },
      { id: 3, name: 'say "hi"', price: '0.000' },
      { id: 5, name: 'ä', price: '7.000' },
    ])
    const letters = await files.tenant.sql(
      `SELECT line::int, code, detail, convert_from(record_value, 'utf8') AS text FROM dead_letter
       WHERE pipeline = 'orders' AND task_id = $1 ORDER BY line`,
      [file?.task],
    )
    expect(letters).to.deep.equal([
      {
        ...{ line: 3, code: 'wrong-type', text: 'x,Bob,2' },
        detail: 'The field "id" is "x"; expected a whole number.',
      },
      {
        ...{ line: 5, code: 'field-count', text: '4,Eve' },
        detail: 'The line has 2 fields; the header has 3.',
      },
    ])
    expect(files.names('03_archive')).to.deep.equal(['a.csv'])
    expect(files.names('01_inbox')).to.deep.equal([])
    const [log] = await files.tenant.sql<{ lines: string }>(
      'SELECT lines FROM task_log WHERE task = $1',
      [file?.task],
    )
    expect(log?.lines).to.include('The field "id" is "x"').and.include('The line has 2 fields')
  })

  it('moves a file that cannot be loaded to the error folder, with the reason beside it', async () => {
    files.declare('orders', orders('format = "csv"\nreject_limit = 1'))
    await files.startWorker()
    files.drop('bad.csv', 'id,name,price\n1,Ann,1\nx,Bob,2\ny,Bob,2\n')
    files.drop('other.csv', 'id;name;price\n1;Ann;1\n')
    await files.untilMoved(2)
    expect(files.names('04_failed')).to.deep.equal([
      ...['bad.csv', 'bad.csv.error_log', 'other.csv', 'other.csv.error_log'],
    ])
    expect(files.read('04_failed/bad.csv.error_log')).to.include(
      'bad-file: The file has more than 1 bad lines (reject_limit), so nothing was loaded. The first one: Line 3: The field "id" is "x"',
    )
    expect(files.read('04_failed/other.csv.error_log')).to.include(
      'The header has no fields "id", "name", "price"; its fields are "id;name;price".',
    )
    expect(await rows()).to.deep.equal([])
    expect(await files.tenant.sql('SELECT 1 FROM dead_letter')).to.deep.equal([])
  })

  it('stores no log for a file without bad lines', async () => {
    files.declare('orders', orders())
    await files.startWorker()
    files.drop('a.csv', 'id,name,price\n1,Ann,1\n')
    await files.untilMoved(1)
    expect(await files.tenant.sql('SELECT task, lines FROM task_log')).to.deep.equal([])
  })

  it('gives a second file with the same name another name in the archive', async () => {
    files.declare('orders', orders())
    await files.startWorker()
    for (const count of [1, 2, 3]) {
      files.drop('a.csv', `id,name,price\n${count},Ann,1\n`)
      await files.untilMoved(count)
    }
    expect(files.names('03_archive')).to.deep.equal(['a.2.csv', 'a.3.csv', 'a.csv'])
    expect(await rows()).to.have.length(3)
  })

  it('does not load the same content again, unless on_repeat is "load"', async () => {
    const append = orders('format = "csv"', '')
    files.declare('orders', append)
    await files.startWorker()
    const content = 'id,name,price\n1,Ann,1\n'
    files.drop('a.csv', content)
    await files.untilMoved(1)
    files.drop('b.csv', content)
    const [, repeated] = await files.untilMoved(2)
    expect(repeated).to.deep.include({
      ...{ state: 'complete', rows: 0, target_key: '03_archive/b.csv' },
      detail: 'The same content was loaded before, from "01_inbox/a.csv".',
    })
    expect(await rows()).to.have.length(1)
    files.declare('orders', orders('format = "csv"', '', 'on_repeat = "load"'))
    await until('the declaration is in effect', async () => {
      const found = await files.tenant.sql(
        `SELECT 1 FROM pipeline WHERE declaration->'source'->>'onRepeat' = 'load'`,
      )
      return found.length > 0
    })
    files.drop('c.csv', content)
    await files.untilMoved(3)
    expect(await rows()).to.have.length(2)
  })
})
