import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import type { Message } from 'kafkajs'
import { PostgresPipelineStore } from '../../../services/adapters/postgres/pipelines/pipeline-store.ts'
import type { Running } from '../../../services/runtime/lifecycle.ts'
import { localPassword, ownerPool } from '../../../scripts/platform/database.ts'
import { captureLog } from '../../support/captured-log.ts'
import { classifieds, writeDeclaration } from '../../support/declared.ts'
import { sharedServers } from '../../support/servers.ts'
import { TemporaryFolder } from '../../support/temporary-folder.ts'
import { Tenant } from '../../support/tenant.ts'
import { until } from '../../support/until.ts'

describe('a worker with a folder of declarations', function () {
  this.timeout(120_000)
  let tenant: Tenant
  let folder: TemporaryFolder
  let worker: Running
  let topic: string
  let log: ReturnType<typeof captureLog>
  let sent = 0
  const file = () => join(folder.path, 'pipelines', 'classifieds.toml')
  const errorFile = () => join(folder.path, 'pipelines', 'classifieds.toml_error_log_.txt')

  before(async () => {
    folder = new TemporaryFolder()
    tenant = await Tenant.create(await sharedServers(), [`worker.folder=${folder.path}`])
    topic = `${tenant.config.kafka.topic}-data`
    writeDeclaration(folder.path, 'classifieds', classifieds(topic))
    log = captureLog()
    worker = await tenant.startWorker(log.logger)
    await until('the worker has created the topic', () =>
      log.lines.some(({ event }) => event === 'topic-created'),
    )
  })

  after(async () => {
    await tenant[Symbol.asyncDispose]()
    folder[Symbol.dispose]()
  })

  const send = (values: readonly object[]) => {
    sent += values.length
    return tenant.changesOf(topic).produce(
      values.map((value): Message => ({
        key: String(Math.random()),
        value: JSON.stringify(value),
      })),
    )
  }
  const rows = () => tenant.sql<Record<string, unknown>>('SELECT * FROM classifieds ORDER BY id')
  /** Waits until all sent records are settled. Returns the account. */
  const untilSettled = () =>
    until(`all ${sent} records are settled`, async () => {
      const [row] = await tenant.sql<{
        settled: number
        stored: number
        updated: number
        dead: number
      }>(
        `SELECT sum(next_offset - start_offset)::int AS settled, sum(stored)::int AS stored,
                sum(updated)::int AS updated, sum(dead_lettered)::int AS dead
         FROM partition_ledger WHERE pipeline = 'classifieds'`,
      )
      return row?.settled === sent && row
    })
  const countOf = (event: string) => log.lines.filter((line) => line.event === event).length
  const pipeline = async () => {
    const [row] = await tenant.sql<{ fault: string | null; pause_reason: string | null }>(
      'SELECT fault, pause_reason FROM pipeline',
    )
    return row
  }
  const store = async <T>(work: (pipelines: PostgresPipelineStore) => Promise<T>): Promise<T> => {
    const pool = ownerPool(tenant.config, localPassword(tenant.deployment.folders))
    try {
      return await work(new PostgresPipelineStore(pool))
    } finally {
      await pool.end()
    }
  }

  it('creates the table of a declaration, and stores one row, update or dead letter a record', async () => {
    await send([
      { id: 'a', created_at: '2020-04-08T18:07:32.1688783Z', price: 10000.5 },
      { id: 'b', created_at: '2020-04-08T18:07:33Z' },
      { id: 'a', created_at: '2020-04-08T19:00:00Z', price: 7 },
      { created_at: '2020-04-08T19:00:00Z' },
    ])
    const account = await untilSettled()
    expect(account).to.include({ dead: 1 })
    expect(account.stored + account.updated).to.equal(3)
    expect((await rows()).map(({ id, price }) => [id, price])).to.deep.equal([
      ['a', '7.000'],
      ['b', '0.000'],
    ])
    const letters = await tenant.sql('SELECT pipeline, code FROM dead_letter')
    expect(letters).to.deep.equal([{ pipeline: 'classifieds', code: 'missing-field' }])
  })

  it('has a role that cannot write the readings', async () => {
    const [row] = await tenant.sql(
      `SELECT has_table_privilege('telemetry_worker', 'diag', 'SELECT') AS reads,
              has_table_privilege('telemetry_worker', 'diag', 'INSERT, UPDATE, DELETE, TRUNCATE') AS writes,
              has_table_privilege('telemetry_reader', 'data.classifieds', 'SELECT') AS readable,
              has_table_privilege('telemetry_writer', 'data.classifieds', 'INSERT, UPDATE, DELETE') AS writable`,
    )
    expect(row).to.deep.equal({ reads: true, writes: false, readable: true, writable: false })
  })

  it('keeps the old declaration running when the file becomes invalid, and reports the fault', async () => {
    writeFileSync(file(), classifieds(topic).replace('"timestamp"', '"time"'))
    const fault = await until(
      'the fault is recorded',
      async () => (await pipeline())?.fault ?? false,
    )
    expect(fault).to.match(/^line 7, column \d+: map\.columns\[1\]\.type: expected /)
    expect(readFileSync(errorFile(), 'utf8')).to.equal(`${fault}\n`)
    await send([{ id: 'c', created_at: '2020-04-08T20:00:00Z' }])
    await untilSettled()
    expect(await rows()).to.have.length(3)
  })

  it('refuses a changed type, and tells what to do', async () => {
    writeFileSync(file(), classifieds(topic).replace('numeric(12,3)', 'double'))
    const fault = await until('the fault is recorded', async () => {
      const text = (await pipeline())?.fault
      return text?.startsWith('The type') && text
    })
    expect(fault).to.equal(
      'The type of the column "price" cannot change from numeric(12,3) to double.\n' +
        'Undo the change, give the pipeline another name, or run: npm run pipeline -- reset classifieds (deletes its rows and reads the topic again).',
    )
  })

  it('adds a new column to the table', async () => {
    const starts = countOf('pipeline-started')
    writeFileSync(
      file(),
      classifieds(topic, '{ name = "title", type = "text", comment = "The title" },'),
    )
    await until(
      'the fault and its file are gone',
      async () => (await pipeline())?.fault === null && !existsSync(errorFile()),
    )
    // Until it is started again, the pipeline runs with the declaration before.
    await until('it runs with the column', () => countOf('pipeline-started') > starts)
    await send([{ id: 'd', created_at: '2020-04-08T21:00:00Z', title: "it's" }])
    await untilSettled()
    expect((await rows()).at(-1)).to.include({ id: 'd', title: "it's" })
  })

  it('pauses a pipeline, whose records then wait, and resumes it', async () => {
    const stops = countOf('pipeline-stopped')
    expect(await store((pipelines) => pipelines.pause('classifieds', 'A test.'))).to.equal(true)
    await until('the pipeline has stopped', () => countOf('pipeline-stopped') > stops)
    await send([{ id: 'e', created_at: '2020-04-08T22:00:00Z' }])
    expect(await store((pipelines) => pipelines.resume('classifieds'))).to.equal(true)
    await untilSettled()
  })

  it('pauses a pipeline whose file is removed, until the file is back', async () => {
    const hidden = join(folder.path, 'hidden')
    renameSync(file(), hidden)
    await until('the pipeline is paused', async () => (await pipeline())?.pause_reason ?? false)
    expect(await pipeline()).to.include({
      pause_reason: 'Its file was removed from the folder of the worker.',
    })
    await send([{ id: 'f', created_at: '2020-04-08T23:00:00Z' }])
    renameSync(hidden, file())
    await untilSettled()
    expect(await pipeline()).to.include({ pause_reason: null })
  })

  it('refuses a second file with the same name or table, and the name of a table of the platform', async () => {
    const second = join(folder.path, 'pipelines', 'second.toml')
    writeFileSync(second, classifieds(topic))
    const refusal = () =>
      log.lines.filter(({ event }) => event === 'pipeline-refused').at(-1)?.['faults']
    await until('the file is refused', () =>
      String(refusal()).includes('has "classifieds" already'),
    )
    writeFileSync(second, classifieds(topic).replaceAll('"classifieds"', '"dead_letter"'))
    await until('the file is refused', () =>
      String(refusal()).includes('The platform has a table "dead_letter"'),
    )
    rmSync(second)
  })

  it('continues after a restart without a loss', async () => {
    await tenant.stop(worker)
    await send([{ id: 'g', created_at: '2020-04-09T00:00:00Z' }])
    worker = await tenant.startWorker(log.logger)
    await untilSettled()
    expect(await rows()).to.have.length(7)
  })
})
