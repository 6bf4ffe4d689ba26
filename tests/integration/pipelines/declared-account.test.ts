import { expect } from 'chai'
import { removeRunRecord } from '../../../infra/local/run-record.ts'
import { captureLog } from '../../support/captured-log.ts'
import { recordAsRunning, runCommand } from '../../support/commands.ts'
import { classifieds, writeDeclaration } from '../../support/declared.ts'
import { sharedServers } from '../../support/servers.ts'
import { TemporaryFolder } from '../../support/temporary-folder.ts'
import { Tenant } from '../../support/tenant.ts'
import { until } from '../../support/until.ts'

describe('the account of a declared pipeline', function () {
  this.timeout(120_000)
  let tenant: Tenant
  let folder: TemporaryFolder
  let log: ReturnType<typeof captureLog>

  before(async () => {
    folder = new TemporaryFolder()
    tenant = await Tenant.create(await sharedServers(), [`worker.folder=${folder.path}`])
    const topic = `${tenant.config.kafka.topic}-data`
    writeDeclaration(folder.path, 'classifieds', classifieds(topic))
    await tenant.changesOf(topic).createTopic(1)
    recordAsRunning(tenant)
    log = captureLog()
    const worker = await tenant.startWorker(log.logger)
    await tenant
      .changesOf(topic)
      .produce([
        { value: '{"id":"a","created_at":"2020-04-08T18:00:00Z"}' },
        { value: '{"id":"b","created_at":"2020-04-08T18:00:00Z"}' },
        { value: '{"id":"a","created_at":"2020-04-08T19:00:00Z"}' },
        { value: 'garbage' },
      ])
    await until('the records are settled', async () => (await tenant.account()).settled === 4)
    await tenant.stop(worker)
  })

  after(async () => {
    removeRunRecord(tenant.deployment.folders.state)
    await tenant[Symbol.asyncDispose]()
    folder[Symbol.dispose]()
  })

  const status = async () => {
    const { out } = await runCommand(tenant, ['status', '--json'])
    const { pipelines } = JSON.parse(out) as { pipelines: Record<string, unknown>[] }
    return pipelines
  }

  it('is a part of npm run status, beside the readings, and balances', async () => {
    const [readings, declared] = await status()
    expect(readings).to.include({ name: 'readings', rowImbalance: 0 })
    expect(declared).to.deep.include({
      ...{ name: 'classifieds', table: 'data.classifieds', isBalanced: true, rowImbalance: 0 },
      rows: { rows: 2, rowsOfRetiredDays: 0, stored: 2, redriven: 0 },
    })
    expect(declared?.['total']).to.include({ settled: 4, updated: 1, deadLettered: 1, inFlight: 0 })
    const { out } = await runCommand(tenant, ['status'])
    expect(out).to.match(/Pipeline classifieds\n[^]*Rows: 2 now [^]*= 2 stored .*balanced/)
  })

  it('reports a row that was deleted by hand, also while the pipeline is paused', async () => {
    await tenant.sql(`DELETE FROM data.classifieds WHERE id = 'b'`)
    await tenant.sql(`UPDATE pipeline SET paused = true, pause_reason = 'A test.'`)
    const [, declared] = await status()
    expect(declared).to.include({ name: 'classifieds', rowImbalance: -1 })
    const { code, out } = await runCommand(tenant, ['status'])
    expect(out).to.include('Missing rows: 1. Rows of data.classifieds were deleted by hand')
    expect(code).to.equal(1)
  })

  it('is checked by the worker, which logs the missing row with the name of the pipeline', async () => {
    await tenant.sql(`UPDATE pipeline SET paused = false, pause_reason = NULL`)
    await tenant.sql(`DELETE FROM account_check`)
    await tenant.startWorker(log.logger)
    const unbalanced = await until('the account was checked', () =>
      log.lines.find(({ event }) => event === 'account-unbalanced'),
    )
    expect(unbalanced).to.include({ pipeline: 'classifieds', rows: 1, rowImbalance: -1 })
  })
})
