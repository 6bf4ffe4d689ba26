import { expect } from 'chai'
import { DeclaredTenant } from '../../support/declared-tenant.ts'
import type { Tenant } from '../../support/tenant.ts'
import { until } from '../../support/until.ts'

describe('the account of a declared pipeline', function () {
  this.timeout(120_000)
  let declared: DeclaredTenant
  let tenant: Tenant

  before(async () => {
    declared = await DeclaredTenant.create({ partitions: 1 })
    ;({ tenant } = declared)
    const worker = await declared.startWorker()
    await declared.changes.produce([
      { value: '{"id":"a","created_at":"2020-04-08T18:00:00Z"}' },
      { value: '{"id":"b","created_at":"2020-04-08T18:00:00Z"}' },
      { value: '{"id":"a","created_at":"2020-04-08T19:00:00Z"}' },
      { value: 'garbage' },
    ])
    await declared.untilSettled(4)
    await tenant.stop(worker)
  })

  after(async () => {
    await declared[Symbol.asyncDispose]()
  })

  const status = async () => {
    const { out } = await declared.run('status', '--json')
    const { pipelines } = JSON.parse(out) as { pipelines: Record<string, unknown>[] }
    return pipelines
  }

  it('is a part of npm run status, beside the readings, and balances', async () => {
    const [readings, classifieds] = await status()
    expect(readings).to.include({ name: 'readings', rowImbalance: 0 })
    expect(classifieds).to.deep.include({
      ...{ name: 'classifieds', table: 'data.classifieds', isBalanced: true, rowImbalance: 0 },
      rows: { rows: 2, rowsOfRetiredDays: 0, stored: 2, redriven: 0 },
    })
    expect(classifieds?.['total']).to.include({
      settled: 4,
      updated: 1,
      deadLettered: 1,
      inFlight: 0,
    })
    const { out } = await declared.run('status')
    expect(out).to.match(/Pipeline classifieds\n[^]*Rows: 2 now [^]*= 2 stored .*balanced/)
  })

  it('reports a row that was deleted by hand, also while the pipeline is paused', async () => {
    await tenant.sql(`DELETE FROM data.classifieds WHERE id = 'b'`)
    await tenant.sql(`UPDATE pipeline SET paused = true, pause_reason = 'A test.'`)
    const [, classifieds] = await status()
    expect(classifieds).to.include({ name: 'classifieds', rowImbalance: -1 })
    const { code, out } = await declared.run('status')
    expect(out).to.include('Missing rows: 1. Rows of data.classifieds were deleted by hand')
    expect(code).to.equal(1)
  })

  it('is checked by the worker, which logs the missing row with the name of the pipeline', async () => {
    await tenant.sql(`UPDATE pipeline SET paused = false, pause_reason = NULL`)
    await tenant.sql(`DELETE FROM account_check`)
    await declared.startWorker()
    const unbalanced = await until('the account was checked', () =>
      declared.log.lines.find(({ event }) => event === 'account-unbalanced'),
    )
    expect(unbalanced).to.include({ pipeline: 'classifieds', rows: 1, rowImbalance: -1 })
  })
})
