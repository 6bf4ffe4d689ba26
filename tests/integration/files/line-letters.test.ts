import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { removeRunRecord } from '../../../infra/local/run-record.ts'
import { recordAsRunning, runCommand } from '../../support/commands.ts'
import { FileTenant, orders } from '../../support/file-tenant.ts'
import { until } from '../../support/until.ts'

const required = orders().replace('name = "name", type = "text"', '$&, required = true')

describe('npm run dead-letters with lines of files', function () {
  this.timeout(120_000)
  let files: FileTenant
  let task: number

  before(async () => {
    files = await FileTenant.create()
    recordAsRunning(files.tenant)
    files.declare('orders', required)
    await files.startWorker()
    files.drop('first.csv', 'price,name,id\n1,Ann,1\n')
    await files.untilMoved(1)
    await files.tenant.sql('ALTER TABLE data.orders ADD CONSTRAINT cheap CHECK (price < 100)')
    files.drop('a.csv', 'id,name,price\n2,,1\n3,"Bob ""B"", jr.",500\n4,Eve,5\n')
    const moved = await files.untilMoved(2)
    task = moved[1]?.task ?? 0
  })

  after(async () => {
    removeRunRecord(files.tenant.deployment.folders.state)
    await files[Symbol.asyncDispose]()
  })

  const letters = async (...args: string[]) => {
    const { code, out } = await runCommand(files.tenant, [
      ...['dead-letters', ...args, '--pipeline', 'orders'],
    ])
    return { code, out }
  }
  const rows = () => files.tenant.sql('SELECT id, name, price FROM data.orders ORDER BY id')

  it('list and show print the line, the reason and the text', async () => {
    const { out } = await letters('list')
    expect(out).to.include(`task ${task}, line 2`).and.include('missing-field')
    expect(out).to.include(`task ${task}, line 3`).and.include('refused-by-database')
    const shown = await letters('show', `${task}-0-3`)
    expect(shown.out).to.match(new RegExp(`line +task ${task}, line 3`))
    expect(shown.out).to.include('3,"Bob ""B"", jr.",500')
    expect(shown.out).to.include('valid line: redrive adds its row')
  })

  it('redrive stores the lines once that the present declaration and table accept', async () => {
    const before = await letters('redrive', '--open', '--yes')
    expect(before.code).to.equal(1)
    expect(before.out).to.include('0 stored, 0 already stored, 2 still dead letters')
    files.declare('orders', orders())
    await files.tenant.sql('ALTER TABLE data.orders DROP CONSTRAINT cheap')
    await until('the declaration is in effect', async () => {
      const found = await files.tenant.sql(
        `SELECT 1 FROM pipeline WHERE declaration->'step'->'columns'->1->>'required' = 'true'`,
      )
      return found.length === 0
    })
    const after = await letters('redrive', '--open', '--yes')
    expect(after).to.deep.include({ code: 0 })
    expect(after.out).to.include('Of 2 dead letters: 2 stored')
    expect(await rows()).to.deep.equal([
      { id: 1, name: 'Ann', price: '1.000' },
      { id: 2, name: null, price: '1.000' },
      { id: 3, name: 'Bob "B", jr.', price: '500.000' },
      { id: 4, name: 'Eve', price: '5.000' },
    ])
    const states = await files.tenant.sql(
      'SELECT state, redriven_as FROM dead_letter ORDER BY line',
    )
    expect(states).to.deep.equal([
      { state: 'redriven', redriven_as: 'stored' },
      { state: 'redriven', redriven_as: 'stored' },
    ])
  })

  it('redrive does not store a line whose file was replaced, or that is not whole', async () => {
    files.drop('b.csv', 'name,id,price\n7,8,x\n')
    files.drop('c.csv', `id,price,name\n9,1,${'x'.repeat(1_048_600)}\n`)
    await files.untilMoved(4)
    // The same length, but the first two fields are exchanged.
    writeFileSync(join(files.bucket, '03_archive/b.csv'), 'id,name,price\n7,8,x\n')
    const { code } = await letters('redrive', '--open', '--yes')
    expect(code).to.equal(1)
    const open = await files.tenant.sql(
      "SELECT code, state FROM dead_letter WHERE state = 'open' ORDER BY code",
    )
    expect(open).to.deep.equal([
      { code: 'file-missing', state: 'open' },
      { code: 'too-long', state: 'open' },
    ])
    expect(await rows()).to.have.length(4)
  })
})
