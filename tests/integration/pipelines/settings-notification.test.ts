import { expect } from 'chai'
import { captureLog } from '../../support/captured-log.ts'
import { classifieds, writeDeclaration } from '../../support/declared.ts'
import { sharedServers } from '../../support/servers.ts'
import { TemporaryFolder } from '../../support/temporary-folder.ts'
import { Tenant } from '../../support/tenant.ts'
import { until } from '../../support/until.ts'

/** So long that a worker cannot find a change by reading the tables again. */
const intervalMs = 3_600_000

describe('a worker that reads the settings once an hour', function () {
  this.timeout(90_000)
  let tenant: Tenant
  let folder: TemporaryFolder
  let log: ReturnType<typeof captureLog>

  before(async () => {
    folder = new TemporaryFolder()
    tenant = await Tenant.create(await sharedServers(), [`worker.folder=${folder.path}`])
    const topic = `${tenant.config.kafka.topic}-data`
    writeDeclaration(folder.path, 'classifieds', classifieds(topic))
    await tenant.changesOf(topic).createTopic(1)
    log = captureLog()
    await tenant.startWorker(log.logger, { intervalMs })
    await until('the pipeline runs', () => count('pipeline-started') === 1)
  })

  after(async () => {
    await tenant[Symbol.asyncDispose]()
    folder[Symbol.dispose]()
  })

  const count = (event: string) => log.lines.filter((line) => line.event === event).length
  const set = (pipeline: string, key: string, value: string) =>
    tenant.sql(
      `INSERT INTO setting (pipeline, key, value) VALUES ('${pipeline}', '${key}', '${value}')`,
    )

  it('applies each change at once, because the database notifies it', async () => {
    await set('worker', 'log_level', 'debug')
    await until('the level is debug', () => log.logger.level === 'debug')
    await set('classifieds', 'batch.records', '500')
    await until('the pipeline has restarted', () => count('pipeline-started') === 2)
    await tenant.sql(`UPDATE setting SET value = '600' WHERE key = 'batch.records'`)
    await until('the pipeline has restarted again', () => count('pipeline-started') === 3)
    await tenant.sql('DELETE FROM setting')
    await until('the pipeline has the value of its file', () => count('pipeline-started') === 4)
    expect(log.logger.level).to.equal('info')
  })
})
