import { once } from 'node:events'
import { expect } from 'chai'
import { removeRunRecord } from '../../../infra/local/run-record.ts'
import { localPassword, ownerPool } from '../../../scripts/platform/database.ts'
import { recordAsRunning, runCommand } from '../../support/commands.ts'
import { runDeadLettersJson } from '../../support/dead-letters-command.ts'
import { GroupedTenant } from '../../support/grouped-tenant.ts'
import { until } from '../../support/until.ts'

const numbered = (count: number, name = 'ad') =>
  Array.from({ length: count }, (_, index) => ({
    ...{ id: `${name}-${String(index).padStart(2, '0')}`, version: 1 },
    kind: index % 2 === 0 ? 'Free' : 'Paid',
  }))

/** Number of the advisory lock that a trigger of the test waits for. */
const heldLock = 4_711

describe('faults of a declared pipeline with group_by', function () {
  this.timeout(180_000)
  let ads: GroupedTenant

  before(async () => {
    ads = await GroupedTenant.create()
    recordAsRunning(ads.tenant)
  })

  after(async () => {
    removeRunRecord(ads.tenant.deployment.folders.state)
    await ads[Symbol.asyncDispose]()
  })

  const command = async (...args: string[]) => {
    const { code, out } = await runCommand(ads.tenant, ['pipeline', ...args])
    expect(code, out).to.equal(0)
  }

  /** Runs `work` while no ledger of the source topic can move. */
  const withHeldLedgers = async (work: () => Promise<void>): Promise<void> => {
    const { config, deployment } = ads.tenant
    const pool = ownerPool(config, localPassword(deployment.folders))
    const client = await pool.connect()
    await client.query('SELECT pg_advisory_lock($1)', [heldLock])
    await client.query(
      `CREATE FUNCTION wait_for_test() RETURNS trigger LANGUAGE plpgsql AS
         $$ BEGIN PERFORM pg_advisory_xact_lock(${heldLock}); RETURN NEW; END $$;
       CREATE TRIGGER wait_for_test BEFORE UPDATE ON partition_ledger FOR EACH ROW
         WHEN (NEW.pipeline = 'ads:group_by') EXECUTE FUNCTION wait_for_test()`,
    )
    try {
      await work()
    } finally {
      await client.query('SELECT pg_advisory_unlock($1)', [heldLock])
      await client.query('DROP FUNCTION wait_for_test CASCADE')
      client.release()
      await pool.end()
    }
  }

  it('kill -9 between the writing of records and the move of the ledger: each record is stored once', async () => {
    await ads.send(numbered(10, 'left'), 0)
    await ads.send(numbered(10, 'right'), 1)
    await ads.source.send([{ partition: 0, value: 'garbage' }])
    await withHeldLedgers(async () => {
      const worker = ads.tenant.spawn('worker')
      await until('all records are in the grouped topic', async () => {
        return (await ads.readGrouped()).length >= 21
      })
      worker.kill('SIGKILL')
      await once(worker, 'exit')
    })
    expect(await ads.counts('ads:group_by')).to.include({ settled: 0 })
    await ads.start()
    const grouping = await ads.untilGrouped(21)
    expect(grouping).to.include({ stored: 21 })
    const { length } = await ads.readGrouped()
    expect(length).to.be.at.least(42)
    const counts = await ads.untilSettled(length)
    expect(counts).to.deep.include({ stored: 20, updated: 0, duplicate: length - 21, dead: 1 })
    expect(await ads.rows()).to.have.length(20)
  })

  it('a reset reads the source again, and records from before the reset are duplicates', async () => {
    const [before] = await ads.readGrouped()
    await command('pause', 'ads')
    await until('the reset is done', async () => {
      return (await runCommand(ads.tenant, ['pipeline', 'reset', 'ads', '--yes'])).code === 0
    })
    const [left] = await ads.tenant.sql(
      `SELECT (SELECT count(*)::int FROM partition_ledger WHERE pipeline LIKE 'ads%') AS ledgers,
              (SELECT count(*)::int FROM origin_position) AS positions`,
    )
    expect(left).to.deep.equal({ ledgers: 0, positions: 0 })
    await command('resume', 'ads')
    const counts = await ads.untilSettled(21)
    expect(counts).to.include({ stored: 20, duplicate: 0, dead: 1 })
    expect(await ads.rows()).to.have.length(20)
    // A worker that was frozen during the reset writes a later record of the source only now.
    const headers = { ...before?.headers }
    const origin = JSON.parse(headers['av-telemetry-origin'] ?? '') as object
    headers['av-telemetry-origin'] = JSON.stringify({ ...origin, offset: 1_000 })
    const value = JSON.stringify({ id: 'late', version: 1 })
    const late = [0, 1, 2].map((partition) => ({ partition, value, headers }))
    await ads.tenant.changesOf(ads.groupedTopic).produce(late)
    await ads.send(numbered(10, 'new'), 0)
    const after = await ads.untilSettled(34)
    expect(after).to.include({ stored: 30, duplicate: 3 })
    expect((await ads.rows()).filter((row) => row.startsWith('late'))).to.deep.equal([])
  })

  it('a source topic that was deleted and created again is a new log: all of its records are stored', async () => {
    await ads.stop()
    await ads.source.delete()
    await ads.source.create({}, { numPartitions: 2 })
    await ads.send(numbered(5, 'again'), 0)
    await ads.start()
    const counts = await ads.untilSettled(39)
    expect(counts).to.include({ stored: 35, duplicate: 3 })
    const logs = await ads.tenant.sql(
      `SELECT count(DISTINCT log_id)::int AS count FROM partition_ledger WHERE pipeline = 'ads:group_by'`,
    )
    expect(logs).to.deep.equal([{ count: 2 }])
  })

  it('continues after a restart without a loss or a duplicate', async () => {
    await ads.stop()
    await ads.send(numbered(5, 'restarted'), 1)
    await ads.start()
    expect(await ads.untilSettled(44)).to.include({ stored: 40, duplicate: 3 })
  })
})

describe('declared pipelines with group_by and the conflict rule update', function () {
  this.timeout(120_000)
  let ads: GroupedTenant

  before(async () => {
    ads = await GroupedTenant.create({ key: '"id", "kind"', rule: 'update' })
    recordAsRunning(ads.tenant)
    await ads.start()
  })

  after(async () => {
    removeRunRecord(ads.tenant.deployment.folders.state)
    await ads[Symbol.asyncDispose]()
  })

  it('keep the row of the later record, also of another source partition, when an older letter is redriven', async () => {
    await ads.send([{ id: 'a', version: 'one', kind: 'Free' }], 0)
    await ads.untilSettled(1)
    await ads.send([{ id: 'a', version: 2, kind: 'Free' }], 1)
    await ads.untilSettled(2)
    await ads.tenant.sql(
      `UPDATE dead_letter SET record_value = convert_to('{"id":"a","version":1,"kind":"Free"}', 'UTF8')`,
    )
    const answer = await runDeadLettersJson(ads.tenant, [
      ...['redrive', '--open', '--yes', '--pipeline', 'ads'],
    ])
    expect(answer).to.deep.include({ superseded: 1, updated: 0, stillDead: 0 })
    expect(await ads.rows()).to.deep.equal(['a 2'])
  })
})

describe('a declared pipeline with group_by whose grouped topic exists already', function () {
  this.timeout(120_000)
  let ads: GroupedTenant

  before(async () => {
    ads = await GroupedTenant.create()
    await ads.tenant.changesOf(ads.groupedTopic).createTopic(1)
    await ads.start()
  })

  after(async () => {
    await ads[Symbol.asyncDispose]()
  })

  it('waits and warns, and begins when the topic is deleted', async () => {
    const warning = await until('the worker has warned', () =>
      ads.log.lines.find(({ event }) => event === 'topic-not-created'),
    )
    expect(JSON.stringify(warning)).to.include('exists already, and no worker has created it')
    await ads.send(numbered(3))
    await ads.source.withAdmin((admin) => admin.deleteTopics({ topics: [ads.groupedTopic] }))
    expect(await ads.untilSettled(3)).to.include({ stored: 3 })
  })
})
