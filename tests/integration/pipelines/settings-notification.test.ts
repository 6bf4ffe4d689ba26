import { expect } from 'chai'
import { DeclaredTenant } from '../../support/declared-tenant.ts'
import { until } from '../../support/until.ts'

/** So long that a worker cannot find a change by reading the tables again. */
const intervalMs = 3_600_000

describe('a worker that reads the settings once an hour', function () {
  this.timeout(90_000)
  let declared: DeclaredTenant

  before(async () => {
    declared = await DeclaredTenant.create({ partitions: 1 })
    await declared.startWorker({ intervalMs })
    await declared.untilLines('pipeline-started', 1)
  })

  after(async () => {
    await declared[Symbol.asyncDispose]()
  })

  const set = (pipeline: string, key: string, value: string) =>
    declared.tenant.sql(
      `INSERT INTO setting (pipeline, key, value) VALUES ('${pipeline}', '${key}', '${value}')`,
    )

  it('applies each change at once, because the database notifies it', async () => {
    await set('worker', 'log_level', 'debug')
    await until('the level is debug', () => declared.log.logger.level === 'debug')
    await set('classifieds', 'batch.records', '500')
    await declared.untilLines('pipeline-started', 2)
    await declared.tenant.sql(`UPDATE setting SET value = '600' WHERE key = 'batch.records'`)
    await declared.untilLines('pipeline-started', 3)
    await declared.tenant.sql('DELETE FROM setting')
    await declared.untilLines('pipeline-started', 4)
    expect(declared.log.logger.level).to.equal('info')
  })
})
