import { expect } from 'chai'
import { FileTenant, orders } from '../../support/file-tenant.ts'

describe('Many small files of a pipeline', function () {
  this.timeout(60_000)
  let tenant: FileTenant

  before(async () => {
    tenant = await FileTenant.create()
    tenant.declare('orders', orders())
  })
  after(() => tenant[Symbol.asyncDispose]())

  const line = (id: number): string => `${id},customer ${id},${id}.5\n`
  const header = 'id,name,price\n'

  it('are loaded in groups, each once, and a bad one does not hold up the others', async () => {
    const good = Array.from({ length: 120 }, (_, index) => `good-${index}.csv`)
    for (const [index, name] of good.entries())
      tenant.drop(name, header + line(2 * index) + line(2 * index + 1))
    tenant.drop('bad-line.csv', `${header}x,a,1\n${line(10_000)}`)
    tenant.drop('conflict.csv', `${header}0,another customer,1\n${line(10_001)}`)
    tenant.drop('no-column.csv', 'id,other\n1,a\n')
    tenant.drop('repeated.csv', header + line(0) + line(1))
    tenant.drop('empty.csv', header)
    await tenant.startWorker()
    const files = await tenant.untilMoved(good.length + 5)

    const byName = new Map(files.map((file) => [file.key.replace('01_inbox/', ''), file]))
    for (const name of good) expect(byName.get(name), name).to.include({ state: 'complete' })
    expect(byName.get('bad-line.csv')).to.include({ state: 'complete', lines: 2, rejected: 1 })
    expect(byName.get('conflict.csv')).to.include({ state: 'complete', lines: 2, rejected: 1 })
    expect(byName.get('no-column.csv')).to.include({ state: 'failed', code: 'bad-file' })
    expect(byName.get('empty.csv')).to.include({ state: 'complete', lines: 0, rows: 0 })
    const [first, second] = [byName.get('good-0.csv'), byName.get('repeated.csv')]
    expect([first?.lines, second?.lines].sort()).to.deep.equal([0, 2])

    const [counts] = await tenant.tenant.sql<{ rows: number; ids: number }>(
      'SELECT count(*)::int AS rows, count(DISTINCT id)::int AS ids FROM data.orders',
    )
    expect(counts).to.deep.equal({ rows: 242, ids: 242 })
    expect(tenant.names('01_inbox')).to.deep.equal([])
    expect(tenant.names('03_archive')).to.have.length(good.length + 4)
  })
})
