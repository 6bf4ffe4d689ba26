import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { DeclaredTenant } from '../../support/declared-tenant.ts'
import { classifieds } from '../../support/declared.ts'
import type { Tenant } from '../../support/tenant.ts'
import { until } from '../../support/until.ts'

describe('npm run pipeline', function () {
  this.timeout(120_000)
  let declared: DeclaredTenant
  let tenant: Tenant
  let topic: string

  before(async () => {
    declared = await DeclaredTenant.create({ partitions: 2 })
    ;({ tenant, topic } = declared)
    await declared.startWorker()
    await declared.changes.produce([
      { key: '1', value: '{"id":"a","created_at":"2020-04-08T18:00:00Z","price":1}' },
      { key: '2', value: '{"id":"b","created_at":"2020-04-08T18:00:00Z"}' },
      { key: '1', value: 'garbage' },
    ])
    await untilSettled(3)
  })

  after(async () => {
    await declared[Symbol.asyncDispose]()
  })

  const run = (...args: string[]) => declared.run('pipeline', ...args)
  const untilSettled = (count: number) =>
    until(`${count} records are settled`, async () => {
      const [row] = await tenant.sql<{ settled: number }>(
        `SELECT sum(next_offset - start_offset)::int AS settled
         FROM partition_ledger WHERE pipeline = 'classifieds'`,
      )
      return row?.settled === count
    })
  const countRows = async () => {
    const [row] = await tenant.sql<{ count: number }>('SELECT count(*)::int FROM classifieds')
    return row?.count
  }

  it('lists the pipelines with lag and what became of their records', async () => {
    const { code, out } = await run('list')
    const cells = out
      .split('\n')[2]
      ?.split('|')
      .map((cell) => cell.trim())
    expect(cells).to.deep.equal([
      ...['classifieds', 'running', '0', topic, 'classifieds', '3', '2', '0', '0', '1'],
    ])
    expect(code).to.equal(0)
    const [pipeline] = JSON.parse((await run('list', '--json')).out) as Record<string, unknown>[]
    expect(pipeline).to.include({ name: 'classifieds', state: 'running', fault: null })
  })

  it('describes a pipeline: file, topic, table, columns', async () => {
    const { code, out } = await run('describe', 'classifieds')
    expect(code).to.equal(0)
    expect(out).to.include(`topic     ${topic}, from earliest, group av-telemetry:classifieds`)
    expect(out).to.include('batch     none: records are stored at once')
    expect(out).to.include('commits   the offset to Kafka once a second')
    expect(out).to.include('table     data.classifieds, key id, on conflict newest:created_at')
    expect(out).to.match(/^price +\| numeric\(12,3\) +\| \$\.price +\| 0/m)
    expect(out).to.include('3 settled: 2 stored, 0 updated, 0 duplicates, 1 dead letters (1 open)')
  })

  it('checks files without a platform: all faults with file, line and column', async () => {
    const wrong = join(declared.path, 'wrong.toml')
    writeFileSync(
      wrong,
      classifieds(topic).replace('"timestamp"', '"time"').replace('["id"]', '["no"]'),
    )
    const { code, out } = await run('check', wrong)
    expect(code).to.equal(1)
    expect(out).to.include(`${wrong}: line 7, column 33: map.columns[1].type: expected `)
    const file = join(declared.path, 'pipelines', 'classifieds.toml')
    const valid = await run('check', file)
    expect([valid.code, valid.out]).to.deep.equal([
      ...[0, `${file}: pipeline classifieds is valid (topic ${topic}, table classifieds)\n`],
    ])
  })

  it('refuses a name that does not exist, and names those that do', async () => {
    for (const command of ['describe', 'pause', 'resume', 'reset', 'accept']) {
      const { code, out } = await run(command, 'none')
      const sentence = 'There is no pipeline "none"; the declared ones are: classifieds.\n'
      expect([code, out], command).to.deep.equal([2, sentence])
    }
  })

  it('accepts rows that were deleted by hand, so that the account balances again', async () => {
    await tenant.sql(`DELETE FROM classifieds WHERE id = 'b'`)
    const asked = await run('accept', 'classifieds')
    expect(asked.out).to.equal('Would accept 1 missing rows of classifieds. Add --yes to do it.\n')
    const { code, out } = await run('accept', 'classifieds', '--yes')
    expect([code, out.split('.')[0]]).to.deep.equal([0, 'Accepted 1 missing rows of classifieds'])
    const again = await run('accept', 'classifieds')
    expect(again.out).to.include('There is nothing to accept.')
  })

  it('refuses to reset a pipeline that is not paused', async () => {
    const { code, out } = await run('reset', 'classifieds', '--yes')
    expect(code).to.equal(1)
    expect(out).to.include('First run: npm run pipeline -- pause classifieds')
  })

  it('pauses, resets and resumes: the topic is read again from its beginning', async () => {
    expect((await run('pause', 'classifieds', '--reason', 'maintenance')).code).to.equal(0)
    expect((await run('list')).out).to.include('classifieds is paused: maintenance')
    const asked = await run('reset', 'classifieds')
    expect(asked.out).to.include('Would delete the table "data"."classifieds" with all its rows')
    expect(await countRows()).to.equal(1)
    await until(
      'the reset is done',
      async () => (await run('reset', 'classifieds', '--yes')).code === 0,
    )
    const [left] = await tenant.sql(
      `SELECT (SELECT count(*)::int FROM partition_ledger WHERE pipeline = 'classifieds') AS ledgers,
              (SELECT count(*)::int FROM dead_letter) AS letters, to_regclass('data.classifieds') AS relation`,
    )
    expect(left).to.deep.include({ ledgers: 0, letters: 0 })
    expect((await run('resume', 'classifieds')).code).to.equal(0)
    await untilSettled(3)
    expect(await countRows()).to.equal(2)
  })
})
